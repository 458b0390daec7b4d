import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface MeterSetting {
  readonly url: string;
  readonly role: string;
  /** By which the database knows its connections. */
  readonly name: string;
}

/** GO: sets the clock and lets the loop work. HALT: answered when no step of it runs any more. */
export type MeterOrder = { readonly what: 'GO'; readonly atMs: number } | { readonly what: 'HALT' };

export type MeterReport = { readonly ready: true } | { readonly halted: true } | { readonly failure: string };

const PROGRAM = fileURLToPath(new URL('metering-process.ts', import.meta.url));

/** A metering process: the loop of the product in a process of its own, which can be killed. */
export class RemoteMeter {
  /** Steps of its loop that failed. */
  readonly failures: string[] = [];
  private readonly child: ChildProcess;
  private readonly exit: Promise<unknown>;
  private readonly ready: Promise<unknown>;
  private onHalted: (() => void) | undefined;

  constructor(readonly setting: MeterSetting) {
    this.child = fork(PROGRAM, [JSON.stringify(setting)], { execArgv: ['--import', 'tsx'] });
    this.exit = once(this.child, 'exit');
    this.ready = Promise.race([once(this.child, 'message'), this.exit]);
    this.child.on('message', (report: MeterReport) => {
      if ('failure' in report) this.failures.push(report.failure);
      if ('halted' in report) this.onHalted?.();
    });
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Lets the loop work at an instant. */
  async go(atMs: number): Promise<void> {
    await this.ready;
    if (!this.isAlive) throw new Error('the metering process ended by itself');
    this.send({ what: 'GO', atMs });
  }

  /** Resolves when its loop does nothing more, or when it is killed. */
  async halt(): Promise<void> {
    if (!this.isAlive) return;
    const halted = new Promise<void>((resolve) => {
      this.onHalted = resolve;
    });
    this.send({ what: 'HALT' });
    await Promise.race([halted, this.exit]);
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exit;
  }

  private send(order: MeterOrder): void {
    this.child.send(order);
  }
}
