/** Times of day, as the clock on the wall shows them. */
const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

export function timeText(timeMs: number): string {
  return TIME.format(timeMs);
}
