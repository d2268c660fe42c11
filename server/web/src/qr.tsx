/** Modules per side, and the dark ones as an SVG path (`server/qr.py`). */
export interface QrShape { size: number; path: string }

/** The picture to scan. White ground, also in the dark theme: scanners need it. */
export function Qr({ of, label, class: name }: { of: QrShape; label: string; class?: string }) {
  const side = of.size + 8;
  return (
    <svg class={name} viewBox={`-4 -4 ${side} ${side}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect x="-4" y="-4" width={side} height={side} fill="#fff" /><path d={of.path} fill="#000" />
    </svg>
  );
}
