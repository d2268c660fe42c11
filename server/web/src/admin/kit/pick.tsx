/** A filter beside a table's search. */
export function Pick({ label, all, value, options, onPick }: { label: string; all: string; value: string; options: readonly (readonly [string, string])[]; onPick: (value: string) => void }) {
  return (
    <label>{label} <select value={value} onChange={(event) => onPick(event.currentTarget.value)}>
      <option value="">{all}</option>
      {options.map(([code, words]) => <option key={code} value={code}>{words}</option>)}
    </select></label>
  );
}
