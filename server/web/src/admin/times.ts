const DAY_TIME = new Intl.DateTimeFormat("ko-KR", {
  timeZone: "Asia/Seoul", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

/** Korean day and time to the minute. */
export function dayAndTime(at: string): string {
  const ms = Date.parse(at);
  return Number.isNaN(ms) ? "—" : DAY_TIME.format(ms);
}
