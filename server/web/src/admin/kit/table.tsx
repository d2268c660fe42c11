import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { lang } from "../../lang";
import { t } from "../../texts/admin";
import { Icon } from "./icons";
import { Link } from "./link";

type Value = string | number | null | undefined;
export interface Column<T> {
  id: string;
  title: string;
  /** What is sorted, searched and written to a file. */
  value: (row: T) => Value;
  /** What is shown, where that is not the value itself. */
  cell?: (row: T) => ComponentChildren;
  isNumber?: boolean;
  /** Holds buttons: not sorted, not written to a file. */
  isAction?: boolean;
}
interface Order { id: string; down: boolean }
const PAGE = 50;

/** Sorted by one column; what is empty stands last either way. */
export function sorted<T>(rows: readonly T[], columns: readonly Column<T>[], order: Order | null): T[] {
  const column = order && columns.find((one) => one.id === order.id);
  if (!order || !column) return [...rows];
  const sign = order.down ? -1 : 1;
  const isEmpty = (value: Value) => value === null || value === undefined || value === "";
  return [...rows].sort((one, other) => {
    const [a, b] = [column.value(one), column.value(other)];
    if (isEmpty(a) || isEmpty(b)) return Number(isEmpty(a)) - Number(isEmpty(b));
    return sign * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), lang.value, { numeric: true }));
  });
}

/** Rows of which some column holds every word. */
export function found<T>(rows: readonly T[], columns: readonly Column<T>[], words: string): T[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return wanted.length === 0 ? [...rows] : rows.filter((row) => {
    const text = columns.map((column) => column.value(row) ?? "").join(" ").toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** One line a row. A value that a spreadsheet would run as a formula is written as text. */
export function csvOf<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const quoted = (value: Value) => {
    const text = String(value ?? "");
    const safe = /^[=+\-@\t\r]/.test(text) && typeof value !== "number" ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = [columns.map((one) => quoted(one.title)), ...rows.map((row) => columns.map((one) => quoted(one.value(row))))];
  return `\ufeff${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
}

export function download(name: string, text: string, type = "text/csv;charset=utf-8"): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  [link.href, link.download] = [url, name];
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * A plain table: named, sorted by its heads, narrowed by words, a page at a time. `filters` are further controls beside
 * the search. `open` makes the first column a link to the row's own page. `more` fetches further rows from the server.
 */
export function DataTable<T>({ caption, columns, rows, keyOf, open, filters, empty, more, csv, start, isSearched = true }: {
  caption: string; columns: readonly Column<T>[]; rows: readonly T[]; keyOf: (row: T) => string;
  open?: (row: T) => { to: string; item: string }; filters?: ComponentChildren; empty?: ComponentChildren;
  more?: () => void; csv?: string; start?: Order; isSearched?: boolean;
}) {
  const words = useSignal("");
  const order = useSignal<Order | null>(start ?? null);
  const shown = useSignal(PAGE);
  useEffect(() => { shown.value = PAGE; }, [words.value, rows.length]);
  const fitting = sorted(found(rows, columns, words.value), columns, order.value);
  const left = fitting.length - shown.value;
  return (
    <div class="data">
      <div class="data-tools">
        {isSearched && <label class="search">{t().table.filter} <input type="search" maxLength={80} value={words.value} onInput={(event) => { words.value = event.currentTarget.value; }} /></label>}
        {filters}
        {csv && fitting.length > 0 && <button type="button" class="quiet" onClick={() => download(csv, csvOf(fitting, columns.filter((one) => !one.isAction)))}><Icon name="down" /> {t().table.csv}</button>}
      </div>
      {fitting.length === 0
        ? <div class="empty">{rows.length === 0 && empty ? empty : <p>{t().table.none}</p>}</div>
        : (
          <div class="table" tabIndex={0} role="region" aria-label={caption}>
            <table>
              <caption>{caption} <span class="quiet-text" role="status">{t().table.count(fitting.length, rows.length)}</span></caption>
              <thead><tr>{columns.map((one) => <Head key={one.id} of={one} order={order.value} onOrder={(next) => { order.value = next; }} />)}</tr></thead>
              <tbody>{fitting.slice(0, shown.value).map((row) => <Row key={keyOf(row)} id={keyOf(row)} row={row} columns={columns} open={open} />)}</tbody>
            </table>
          </div>
        )}
      {left > 0 && <button type="button" class="more" onClick={() => { shown.value += PAGE; }}>{t().table.more(left)}</button>}
      {left <= 0 && more && <button type="button" class="more" onClick={more}>{t().table.moreServer}</button>}
    </div>
  );
}

function Head<T>({ of, order, onOrder }: { of: Column<T>; order: Order | null; onOrder: (order: Order) => void }) {
  if (of.isAction) return <th scope="col"><span class="plain-head">{of.title}</span></th>;
  const is = order?.id === of.id ? (order.down ? "descending" : "ascending") : undefined;
  return (
    <th scope="col" class={of.isNumber ? "n" : ""} aria-sort={is}>
      <button type="button" class="sort" onClick={() => onOrder({ id: of.id, down: is === "ascending" })}>
        {of.title}<span class="arrow" aria-hidden="true">{is === "ascending" ? "▲" : is === "descending" ? "▼" : "↕"}</span>
      </button>
    </th>
  );
}

function Row<T>({ row, id, columns, open }: { row: T; id: string; columns: readonly Column<T>[]; open?: (row: T) => { to: string; item: string } }) {
  const where = open?.(row);
  return (
    <tr data-row={id}>
      {columns.map((one, at) => {
        const content = one.cell ? one.cell(row) : (one.value(row) ?? "—");
        if (at === 0) return <th scope="row" key={one.id}>{where ? <Link to={where.to} item={where.item}>{content}</Link> : content}</th>;
        return <td key={one.id} class={one.isNumber ? "n" : ""}>{content === "" ? "—" : content}</td>;
      })}
    </tr>
  );
}
