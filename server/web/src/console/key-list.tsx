import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Dialog } from "../dialog";
import { s } from "../texts/seat";
import { areDefault, assign, capOf, hasAction, KEY_IDS, keyOf, keysOn, nameOf, resetKeys, setKeysOn, type KeyId } from "./keys";

/** The key that does this, on its button; nothing while keys are off. */
export function Key({ of }: { of: KeyId }) {
  return keysOn() ? <kbd aria-hidden="true">{capOf(keyOf(of))}</kbd> : null;
}

function Row({ id, isAsking, ask, done }: { id: KeyId; isAsking: boolean; ask: () => void; done: () => void }) {
  const words = s().keys.list[id];
  const refused = useSignal(false);
  const button = useRef<HTMLButtonElement>(null);
  const press = (event: KeyboardEvent) => {
    if (!isAsking || event.key === "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") return done();
    if (event.ctrlKey || event.altKey || event.metaKey || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    refused.value = !assign(id, nameOf(event));
    if (!refused.value) done();
  };
  useEffect(() => { if (isAsking) button.current?.focus(); }, [isAsking]);
  return (
    <div class={isAsking ? "asking-key" : ""} data-key={id}>
      <dt>{words}</dt>
      <dd>
        {isAsking ? <span role="status">{refused.value ? s().keys.noSuchKey : s().keys.press}</span> : <kbd>{capOf(keyOf(id))}</kbd>}
        <button type="button" ref={button} class="quiet" aria-label={`${words}: ${s().keys.change}`} aria-pressed={isAsking}
          onKeyDown={press} onBlur={() => { if (isAsking) done(); }} onClick={() => (isAsking ? done() : ask())}>
          {isAsking ? s().keys.cancel : s().keys.change}
        </button>
      </dd>
    </div>
  );
}

/** Every key of this page, each to be changed, all to be turned off. */
export function KeysSheet({ onClose }: { onClose: () => void }) {
  const asking = useSignal<KeyId | null>(null);
  const k = s().keys;
  return (
    <Dialog title={k.head} onClose={onClose} isWide>
      <label class="choice switch"><input type="checkbox" checked={keysOn()} onChange={(event) => setKeysOn(event.currentTarget.checked)} /> {k.on}</label>
      <p class="quiet-text">{k.note}</p>
      <dl class={`keys own-keys${keysOn() ? "" : " keys-off"}`}>
        {KEY_IDS.filter(hasAction).map((id) => (
          <Row key={id} id={id} isAsking={asking.value === id} ask={() => { asking.value = id; }} done={() => { if (asking.peek() === id) asking.value = null; }} />
        ))}
        {k.fixed.map(([key, words]) => <div key={key}><dt>{words}</dt><dd><kbd>{key}</kbd></dd></div>)}
      </dl>
      <div class="sheet-buttons">
        <button type="button" disabled={areDefault()} onClick={resetKeys}>{k.reset}</button>
        <button type="button" class="primary" autofocus onClick={onClose}>{k.close} <kbd aria-hidden="true">Esc</kbd></button>
      </div>
    </Dialog>
  );
}
