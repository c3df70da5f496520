// Which cell of rows and columns a key leads to. Knows no page.

/** The cell that a key leads to; the same one where there is none. */
export function stepped(at, key, columns, count) {
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -at, End: count - 1 - at }[key] ?? 0;
  return at + by >= 0 && at + by < count ? at + by : at;
}
