import type { IncidentCard } from "../../wire";
import { GlassSheet } from "./break-glass";
import { CallSheet } from "./call";
import { ClassifySheet } from "./classify";
import { HandOverSheet } from "./hand-over";
import { ObservedSheet } from "./observed";
import { SearchSheet } from "./search";
import { ContactSheet, LaterSheet, type ReasonCommand, ReasonSheet } from "./small-sheets";
import { SupervisionSheet } from "./supervision";
import { UnmaskSheet } from "./unmask";

/** Sheets of the work on incidents: those of one incident, and those of the whole desk. */
export type CardSheet =
  { kind: "classify" } | { kind: "contact" } | { kind: "hand_over" } | { kind: "reason"; command: ReasonCommand } | { kind: "later" } | { kind: "unmask" } | { kind: "call" };
export type DeskSheet = { kind: "observed" } | { kind: "exercise" } | { kind: "search" } | { kind: "supervision" } | { kind: "glass" };
export type WorkSheet = CardSheet | DeskSheet;

export function deskSheet(open: { kind: string }, onClose: () => void): preact.JSX.Element | null {
  switch (open.kind) {
    case "observed": return <ObservedSheet key="seen" isExercise={false} onClose={onClose} />;
    case "exercise": return <ObservedSheet key="exercise" isExercise onClose={onClose} />;
    case "search": return <SearchSheet onClose={onClose} />;
    case "supervision": return <SupervisionSheet onClose={onClose} />;
    case "glass": return <GlassSheet onClose={onClose} />;
    default: return null;
  }
}

export function cardSheet(open: { kind: string; command?: ReasonCommand }, card: IncidentCard, onClose: () => void): preact.JSX.Element | null {
  const key = card.incident_id;
  switch (open.kind) {
    case "classify": return <ClassifySheet key={key} card={card} onClose={onClose} />;
    case "contact": return <ContactSheet key={key} card={card} onClose={onClose} />;
    case "hand_over": return <HandOverSheet key={key} card={card} onClose={onClose} />;
    case "reason": return open.command ? <ReasonSheet key={`${key}${open.command}`} card={card} command={open.command} onClose={onClose} /> : null;
    case "later": return <LaterSheet key={key} card={card} onClose={onClose} />;
    case "unmask": return <UnmaskSheet key={key} card={card} onClose={onClose} />;
    case "call": return <CallSheet key={key} card={card} onClose={onClose} />;
    default: return null;
  }
}
