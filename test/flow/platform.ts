import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { ask, type RunningApp } from './app-over-http.ts';

/** The key of a model that everybody may use. */
export const MODEL = 'model-of-all';
/** The key of an instance type that everybody may use. */
export const INSTANCE_TYPE = 'instance-of-all';
/** The only step of the runs that are made here. */
export const STEP = 'only-step';

/** On whose behalf something is done. */
export interface Attribution {
  readonly memberId?: Uuid;
  readonly apiKeyId?: Uuid;
}

const ONE_REQUEST = [{ meter: 'REQUEST', quantity: 1 }];
const HALF_A_DAY = 43_200;

/** What a service of the platform does for teams, over the API. All it answers are public ids. */
export class Platform {
  constructor(
    private readonly app: RunningApp,
    readonly authorization: string,
  ) {}

  /** The charge of one request. */
  charge(teamId: Uuid, by: Attribution = {}): Promise<string> {
    const item = { ...work(teamId, by), model: MODEL, quantities: ONE_REQUEST };
    return this.made('recordUsage', 'charge', { items: [item] }, 'results { charge { id } }');
  }

  /** A hold for one request. */
  hold(teamId: Uuid, by: Attribution = {}): Promise<string> {
    const input = { ...work(teamId, by), model: MODEL, quantities: ONE_REQUEST };
    return this.made('placeHold', 'hold', { ...input, expiresInSeconds: HALF_A_DAY }, 'hold { id }');
  }

  /** A quote for one request. */
  quote(teamId: Uuid): Promise<string> {
    const input = { teamId: publicId('team', teamId), plan: { steps: [step()] } };
    return this.made('estimateRun', 'quote', input, 'quote { id }');
  }

  /** A run that has made one request of two that are held for. */
  async run(teamId: Uuid, by: Attribution = {}): Promise<string> {
    const plan = { steps: [{ ...step(), times: 2 }] };
    const input = { ...work(teamId, by), name: `run of ${subject(teamId, by)}`, plan };
    const held = { ...input, hold: true, holdSeconds: HALF_A_DAY };
    const runId = await this.made('startRun', 'run', held, 'run { id }');
    const item = { ...work(teamId), runId, step: STEP, quantities: ONE_REQUEST };
    await this.made('recordRunUsage', 'charge', { items: [item] }, 'results { charge { id } }');
    return runId;
  }

  /** A deployment that was never started. */
  deployment(teamId: Uuid, by: Attribution = {}, instanceType = INSTANCE_TYPE): Promise<string> {
    const { tags: _, ...input } = work(teamId, by);
    const machine = { name: `server of ${subject(teamId, by)}`, instanceType, maxReplicas: 3 };
    return this.made('createDeployment', 'deploy', { ...input, ...machine }, 'deployment { id }');
  }

  /** A deployment that runs. */
  async started(teamId: Uuid, by: Attribution = {}): Promise<string> {
    return this.operate('startDeployment', teamId, await this.deployment(teamId, by));
  }

  async paused(teamId: Uuid): Promise<string> {
    return this.operate('pauseDeployment', teamId, await this.started(teamId));
  }

  private operate(name: string, teamId: Uuid, deploymentId: string): Promise<string> {
    const input = { idempotencyKey: newUuid(), teamId: publicId('team', teamId), deploymentId };
    return this.made(name, 'deploy', input, 'deployment { id }');
  }

  private async made(name: string, prefix: string, input: object, selection: string): Promise<string> {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} userErrors { message } } }`;
    const { text } = await ask(this.app, this.authorization, query, { input });
    const id = new RegExp(`"id":"(${prefix}_[0-9a-z]+)"`).exec(text)?.[1];
    if (!id) throw new Error(`${name} was refused: ${text}`);
    return id;
  }
}

/** What all work begins with, labelled for whom it is. */
function work(teamId: Uuid, by: Attribution = {}) {
  return {
    idempotencyKey: newUuid(),
    teamId: publicId('team', teamId),
    ...(by.memberId && { memberId: publicId('user', by.memberId) }),
    ...(by.apiKeyId && { apiKeyId: publicId('apiKey', by.apiKeyId) }),
    tags: [{ name: 'project', value: `of-${subject(teamId, by)}` }],
  };
}

function subject(teamId: Uuid, { memberId, apiKeyId }: Attribution): Uuid {
  return memberId ?? apiKeyId ?? teamId;
}

function step() {
  return { key: STEP, model: MODEL, quantities: ONE_REQUEST };
}
