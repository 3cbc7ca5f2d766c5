// Handling each event once. Who marks an event before handling it loses it in a crash; who marks it
// afterwards handles it twice. So one method owns both.

/** Runs work for an event unless it was done before. */
export interface Once<Transaction> {
  run(eventId: string, work: (transaction: Transaction) => Promise<void>): Promise<"handled" | "repeated">;
}

/** A database with transactions, in the words of whatever driver you have. */
export interface SqlDatabase<Transaction> {
  /** Runs the work in one transaction; rolls back if it throws. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Runs one statement and returns the number of rows that it changed. */
  execute(transaction: Transaction, sql: string, parameters: readonly string[]): Promise<number>;
}

export interface SqlOnceOptions {
  /** The table, with a column `event_id` that is unique; `kayle_events`. */
  table?: string;
  /** The placeholder of the one parameter: `$1` (PostgreSQL, SQLite) or `?`. */
  placeholder?: string;
}

/**
 * Inserts the event's id and does the work in one transaction; the table's unique constraint
 * decides between simultaneous repeats.
 *
 *     CREATE TABLE kayle_events (event_id text PRIMARY KEY,
 *                                handled_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP)
 *
 * Delete rows that are older than 30 days.
 */
export class SqlOnce<Transaction> implements Once<Transaction> {
  readonly #database: SqlDatabase<Transaction>;
  readonly #insert: string;

  constructor(database: SqlDatabase<Transaction>, options: SqlOnceOptions = {}) {
    const { table = "kayle_events", placeholder = "$1" } = options;
    this.#database = database;
    this.#insert = `INSERT INTO ${table} (event_id) VALUES (${placeholder}) ON CONFLICT DO NOTHING`;
  }

  run(eventId: string, work: (transaction: Transaction) => Promise<void>): Promise<"handled" | "repeated"> {
    return this.#database.transaction(async (transaction) => {
      const inserted = await this.#database.execute(transaction, this.#insert, [eventId]);
      if (inserted === 0) return "repeated";
      await work(transaction);
      return "handled";
    });
  }
}

/** Remembers events in this process's memory: for development. It says so, once. */
export class InMemoryOnce implements Once<undefined> {
  readonly #running = new Map<string, Promise<void>>();

  constructor() {
    console.warn("InMemoryOnce forgets handled events when the process ends: for development only");
  }

  async run(eventId: string, work: (transaction: undefined) => Promise<void>): Promise<"handled" | "repeated"> {
    const earlier = this.#running.get(eventId);
    if (earlier !== undefined) {
      await earlier;
      return "repeated";
    }
    const running = work(undefined);
    this.#running.set(eventId, running);
    try {
      await running;
      return "handled";
    } catch (error) {
      this.#running.delete(eventId);
      throw error;
    }
  }
}
