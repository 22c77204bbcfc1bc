/**
 * Says in the browser's timeline that a moment was reached, for `make bench-web` and for whoever
 * profiles the page. Only the newest mark of a name is kept, so that typing all day fills no memory.
 */
export function mark(name: `promptops:${"change" | "preview" | "tokens"}`): void {
  performance.clearMarks(name);
  performance.mark(name);
}
