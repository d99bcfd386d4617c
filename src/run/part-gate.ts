// Where a stage waits for the parts of the one before it, so that both can be at work at once.
import { orAborted } from '../base/together.js';
import type { LedgerRecord } from './ledger.js';

type OnOpen = (part: number, record: LedgerRecord) => void;

export class PartGate {
  private readonly opened = new Map<number, LedgerRecord>();
  private readonly listeners = new Set<OnOpen>();
  private next: Promise<void> | undefined;
  private wake = (): void => undefined;
  private closed = false;

  /** The part is done: lets those through that wait for it, and those that will. */
  readonly open: OnOpen = (part, record) => {
    if (this.opened.has(part)) return;
    this.opened.set(part, record);
    for (const listener of [...this.listeners]) listener(part, record);
    this.wake();
  };

  /** No further part will be opened here. */
  close(): void {
    this.closed = true;
    this.wake();
  }

  get isClosed(): boolean {
    return this.closed;
  }

  isOpen(part: number): boolean {
    return this.opened.has(part);
  }

  /** Calls `listener` once for every part that is open, now or later. Returns how to end that. */
  onOpen(listener: OnOpen): () => void {
    this.listeners.add(listener);
    this.opened.forEach((record, part) => listener(part, record));
    return () => void this.listeners.delete(listener);
  }

  /** Resolves when the next part is opened, or none will be. One promise for all: who waits in vain leaves nothing behind. */
  changed(): Promise<void> {
    this.next ??= new Promise((resolve) => {
      this.wake = () => {
        this.next = undefined;
        resolve();
      };
    });
    return this.next;
  }

  /**
   * The ledger entry of the part, once it is done.
   * @throws the signal's reason: the part may never be done
   */
  async wait(part: number, signal: AbortSignal): Promise<LedgerRecord> {
    const record = this.opened.get(part);
    if (record) return record;
    let end: (() => void) | undefined;
    const opening = new Promise<LedgerRecord>((resolve) => {
      end = this.onOpen((opened, entry) => opened === part && resolve(entry));
    });
    try {
      return await orAborted(opening, signal);
    } finally {
      end?.();
    }
  }
}
