import { chmodSync, chownSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { embeddedBinaries, type ServiceUser } from './embedded-binaries.ts';
import { clusterHome, clusterUser, OWNER_ROLE, prepareCluster, SERVER_ROLE } from './embedded-cluster.ts';
import { type FolderLock, livingHolder, lockFolder } from './folder-lock.ts';
import { openPool } from './pool.ts';
import { endLeftovers, type Launch, launch, type Postmaster } from './postmaster.ts';

export interface EmbeddedOptions {
  /** The folder to keep the data in; made when it is missing. */
  readonly dataDir: string;
  readonly log?: (message: string) => void;
  /** Server settings over the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running PostgreSQL of our own. It ends with this process, at the latest. */
export interface EmbeddedPostgres {
  /** Logs in as the owner: for migrations. */
  readonly ownerUrl: string;
  /** Logs in as a member of `drawdown_app`: for the server. */
  readonly appUrl: string;
  /** Where the data really are. */
  readonly dataPath: string;
  /** The server's process; another one after it was restarted. */
  readonly pid: number;
  stop(): Promise<void>;
}

const DATABASE = 'drawdown';
const SOCKET_PREFIX = 'drawdown-';
const MAX_FOLDER_BYTES = 103 - '/.s.PGSQL.5432'.length;
const MAX_RESTARTS = 5;

const DEFAULTS = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  fsync: 'on',
  synchronous_commit: 'on',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  wal_compression: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/**
 * Starts the PostgreSQL that comes with the npm packages on the data in `dataDir`, recovering them after a crash. It
 * listens on a socket in a private folder and nowhere else, and is started again when it dies under us.
 * @throws Error when another living process holds the folder, or with the server's own words when it cannot start.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined);
  const home = clusterHome(options.dataDir);
  const user = clusterUser(home);
  const sockets = socketFolder(user);
  let lock: FolderLock | undefined;
  let server: Supervisor | undefined;
  try {
    lock = lockFolder(home, sockets);
    removeSockets(lock.abandonedNote);
    const plan = await prepare(options, { home, user, sockets }, log);
    server = await keepRunning(plan, log);
    await makeRoles(sockets);
    log(`PostgreSQL runs on the data in ${plan.data}`);
    return running(server, plan, lock);
  } catch (error) {
    await server?.stop();
    lock?.release();
    removeSockets(sockets);
    throw error;
  }
}

/** The server that another living process runs on the data in `dataDir`, to work on it beside that process. */
export function runningEmbedded(dataDir: string): Pick<EmbeddedPostgres, 'ownerUrl' | 'appUrl'> | undefined {
  const holder = livingHolder(clusterHome(dataDir));
  return holder && urlsOf(holder.note);
}

interface Place {
  readonly home: string;
  readonly user: ServiceUser | undefined;
  readonly sockets: string;
}

async function prepare(
  options: EmbeddedOptions,
  place: Place,
  log: (message: string) => void,
): Promise<Launch> {
  const orphan = await endLeftovers(join(place.home, 'postgres'));
  if (orphan !== undefined) log(`stopped PostgreSQL ${orphan}, left behind by a process that was killed`);
  const settings = { ...DEFAULTS, ...options.settings };
  const binaries = embeddedBinaries(place.user);
  const data = prepareCluster(place.home, binaries, place.user, settings.fsync !== 'off');
  const logFile = join(place.home, 'postgres.log');
  if (existsSync(logFile)) renameSync(logFile, join(place.home, 'postgres.previous.log'));
  return { binaries, data, logFile, settings, sockets: place.sockets, user: place.user };
}

interface Supervisor {
  readonly current: () => Postmaster;
  readonly stop: () => Promise<void>;
}

/** Starts the server again when it ends without being told to. */
async function keepRunning(plan: Launch, log: (message: string) => void): Promise<Supervisor> {
  let server = await launch(plan);
  let stopping = false;
  let restarting = Promise.resolve();
  const watch = (restarts: number): void => {
    void server.ended.then(() => {
      if (stopping) return;
      if (restarts === MAX_RESTARTS) return log('PostgreSQL ended again and is not started any more');
      log('PostgreSQL ended unexpectedly and is started again');
      restarting = relaunch(plan).then(
        (next) => {
          server = next;
          watch(restarts + 1);
        },
        (error: unknown) => log(String(error)),
      );
    });
  };
  watch(0);
  return {
    current: () => server,
    stop: async () => {
      stopping = true;
      await restarting;
      await server.stop();
    },
  };
}

async function relaunch(plan: Launch): Promise<Postmaster> {
  await endLeftovers(plan.data);
  return launch(plan);
}

function running(server: Supervisor, plan: Launch, lock: FolderLock): EmbeddedPostgres {
  return {
    ...urlsOf(plan.sockets),
    dataPath: plan.data,
    get pid() {
      return server.current().pid;
    },
    stop: async () => {
      await server.stop();
      removeSockets(plan.sockets);
      lock.release();
    },
  };
}

/** A folder only the server's user and we can enter, short enough for the path of a socket. */
function socketFolder(user: ServiceUser | undefined): string {
  const roomy = Buffer.byteLength(join(tmpdir(), `${SOCKET_PREFIX}XXXXXX`)) <= MAX_FOLDER_BYTES;
  const folder = mkdtempSync(join(roomy ? tmpdir() : '/tmp', SOCKET_PREFIX));
  chmodSync(folder, 0o700);
  if (user) chownSync(folder, user.uid, user.gid);
  return folder;
}

function removeSockets(folder: string | undefined): void {
  if (folder && basename(folder).startsWith(SOCKET_PREFIX)) rmSync(folder, { recursive: true, force: true });
}

/** `drawdown_app` is made by the migrations too, for databases that are not ours. */
async function makeRoles(sockets: string): Promise<void> {
  const sql = openPool(urlOf(OWNER_ROLE, sockets, 'postgres'), { max: 1 });
  try {
    const roles = await sql<{ rolname: string }[]>`select rolname from pg_roles`;
    const names = new Set(roles.map((role) => role.rolname));
    if (!names.has('drawdown_app')) await sql`create role drawdown_app nologin`;
    if (!names.has(SERVER_ROLE)) await sql`create role ${sql(SERVER_ROLE)} login in role drawdown_app`;
    const [database] = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (!database) await sql`create database ${sql(DATABASE)}`;
  } finally {
    await sql.end();
  }
}

function urlsOf(sockets: string): Pick<EmbeddedPostgres, 'ownerUrl' | 'appUrl'> {
  return { ownerUrl: urlOf(OWNER_ROLE, sockets, DATABASE), appUrl: urlOf(SERVER_ROLE, sockets, DATABASE) };
}

function urlOf(role: string, sockets: string, database: string): string {
  return `postgres://${role}@localhost/${database}?host=${encodeURIComponent(sockets)}`;
}
