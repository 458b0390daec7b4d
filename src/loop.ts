/** What a loop does again and again. It may answer how many milliseconds to rest before the next time. */
export type Step = () => Promise<number | undefined>;

/** Where failures of loops are told. */
export interface LoopLog {
  warn(fields: object, message: string): void;
}

export interface LoopOptions {
  /** In the log, when a step fails. */
  readonly name: string;
  /** The rest after a step that names none, and after one that failed. */
  readonly restMs: number;
  readonly log: LoopLog;
}

/**
 * Work that repeats until it is stopped, one step at a time. A step that fails is told to the log and done again after
 * the usual rest. Does not keep the process alive.
 */
export class Loop {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private stopped = true;

  constructor(
    private readonly step: Step,
    private readonly options: LoopOptions,
  ) {}

  start(): void {
    this.stopped = false;
    this.restFor(0);
  }

  /** Resolves when the step that runs, if any, is done; no other follows. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Ends the rest; while a step runs, another follows it at once. */
  wake(): void {
    if (this.stopped) return;
    if (this.running) this.again = true;
    else this.restFor(0);
  }

  private restFor(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.run(), ms).unref();
  }

  private run(): void {
    this.running = this.attempt().then((restMs) => {
      this.running = undefined;
      if (!this.stopped) this.restFor(this.again ? 0 : restMs);
      this.again = false;
    });
  }

  private async attempt(): Promise<number> {
    const { name, restMs, log } = this.options;
    try {
      return (await this.step()) ?? restMs;
    } catch (error) {
      log.warn({ err: error, loop: name }, 'a step of a loop failed and will be repeated');
      return restMs;
    }
  }
}
