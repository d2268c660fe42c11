import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** A modal sheet: the browser's own dialog keeps the focus inside and gives it back; Esc closes. */
export function Dialog({ title, onClose, children, isWide = false }: { title: string; onClose: () => void; children: ComponentChildren; isWide?: boolean }) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    element.current?.showModal();
    if (element.current) element.current.scrollTop = 0; // a low screen begins at the head, wherever the focus is
    return () => { if (before?.isConnected) before.focus({ preventScroll: true }); };
  }, []);
  return (
    <dialog ref={element} class={`sheet${isWide ? " wide" : ""}`} aria-labelledby="sheet-title" onClose={onClose}
      onCancel={(event) => { event.preventDefault(); onClose(); }}>
      <h2 id="sheet-title">{title}</h2>
      {children}
    </dialog>
  );
}
