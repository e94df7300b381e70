/** The selected row of a list that changes: it stays on its row, on the same line of the screen, as rows move. */
export class ListCursor<Id> {
  /** Without a choice of the user's: the end that is looked at. */
  readonly #follows: () => 'first' | 'last';
  #id: Id | null = null;
  #index = -1;
  #top = 0;
  #height = 1;

  constructor(follows: () => 'first' | 'last') {
    this.#follows = follows;
  }

  /** Row of the list that is selected, -1 in an empty one. */
  get index(): number {
    return this.#index;
  }

  /** First row that is shown. */
  get top(): number {
    return this.#top;
  }

  /** @param height rows that can be shown */
  place(rows: readonly { id: Id }[], height: number): void {
    this.#height = Math.max(1, height);
    const index = this.#find(rows);
    if (this.#id !== null && this.#index >= 0) this.#top += index - this.#index;
    this.#index = index;
    this.#top = Math.min(this.#top, Math.max(0, rows.length - this.#height), Math.max(0, index));
    this.#top = Math.max(this.#top, index - this.#height + 1, 0);
  }

  move(rows: readonly { id: Id }[], by: number): void {
    this.#choose(rows, this.#index + by);
  }

  page(rows: readonly { id: Id }[], pages: number): void {
    this.move(rows, pages * Math.max(1, this.#height - 1));
  }

  first(rows: readonly { id: Id }[]): void {
    this.#choose(rows, 0);
  }

  last(rows: readonly { id: Id }[]): void {
    this.#choose(rows, rows.length - 1);
  }

  /** Holds on to the row that is selected now. */
  pin(rows: readonly { id: Id }[]): void {
    this.#id = rows[this.#index]?.id ?? this.#id;
  }

  #choose(rows: readonly { id: Id }[], wanted: number): void {
    if (rows.length === 0) return;
    const index = Math.min(Math.max(wanted, 0), rows.length - 1);
    // The window stays where it is: place() moves it if it has to.
    this.#index = index;
    // At the end that grows, what is new is what is wanted.
    this.#id = this.#follows() === 'last' && index === rows.length - 1 ? null : rows[index]!.id;
  }

  #find(rows: readonly { id: Id }[]): number {
    if (this.#id === null) return this.#follows() === 'last' ? rows.length - 1 : Math.min(0, rows.length - 1);
    if (rows[this.#index]?.id === this.#id) return this.#index;
    const index = rows.findIndex(({ id }) => id === this.#id);
    return index >= 0 ? index : Math.min(Math.max(this.#index, 0), rows.length - 1);
  }
}
