import type { ComponentChildren } from "preact";
import { go, hrefOf } from "../address";

/** A real link inside the administration: opens in place, or in another tab as any link does. */
export function Link({ to, item = "", current = false, button = false, plain = "", children, ...rest }: {
  to: string; item?: string; current?: boolean; button?: boolean | "primary"; plain?: string; children: ComponentChildren; [data: `data-${string}`]: string;
}) {
  return (
    <a {...rest} href={hrefOf(to, item)} class={button ? `button${button === "primary" ? " primary" : ""}` : plain || undefined} aria-current={current ? "page" : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        go(to, item);
      }}>{children}</a>
  );
}
