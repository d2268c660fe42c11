/** Drawn at the size of the text beside them, in its colour; words always stand next to them. */
function Icon({ path, filled = false }: { path: string; filled?: boolean }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false"
      fill={filled ? "currentColor" : "none"} stroke={filled ? "none" : "currentColor"} stroke-width="2.25" stroke-linecap="round" stroke-linejoin="round">
      <path d={path} />
    </svg>
  );
}

const HANDSET = "M5 4h4l2 5-2.5 1.5a11 11 0 0 0 5 5L15 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 6a2 2 0 0 1 2-2";

export const Phone = () => <Icon path={HANDSET} />;
export const NoPhone = () => <Icon path={`${HANDSET}M15 3l6 6M21 3l-6 6`} />;
export const Check = () => <Icon path="M5 12.5l4.5 4.5L19 7.5" />;
export const Bell = () => <Icon path="M6 9a6 6 0 0 1 12 0c0 6 2 7 2 7H4s2-1 2-7M10 20a2 2 0 0 0 4 0" />;
export const Lock = () => <Icon path="M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3" />;
export const Shield = () => <Icon path="M12 3l7 3v6c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6zM9 12l2 2 4-4.5" />;
export const Pin = () => <Icon path="M12 21s7-6.2 7-11a7 7 0 1 0-14 0c0 4.8 7 11 7 11zM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z" />;
export const Cross = () => <Icon path="M6 6l12 12M18 6L6 18" />;
export const Clock = () => <Icon path="M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2" />;
