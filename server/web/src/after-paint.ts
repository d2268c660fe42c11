/** For what may wait until what the page knows stands on the screen. A window that nobody sees paints nothing: there,
 *  and where a picture takes too long, it is not waited for. */
const PATIENCE_MS = 250;

export function afterPaint(run: () => void): void {
  if (document.hidden) return run();
  let isDone = false;
  const once = () => {
    if (isDone) return;
    isDone = true;
    run();
  };
  setTimeout(once, PATIENCE_MS);
  requestAnimationFrame(() => requestAnimationFrame(() => { // the next picture is begun: this one is being shown
    const next = new MessageChannel();
    next.port1.onmessage = once;
    next.port2.postMessage(0);
  }));
}
