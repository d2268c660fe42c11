import { call } from "../api";
import { lang } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/accounts";
import { Icon } from "./kit/icons";
import { SectionHead } from "./kit/page";
import { DataTable, type Column } from "./kit/table";
import { me } from "./session";
import type { RoleTable } from "./wire";

type Line = RoleTable["permissions"][number];

/** What each role may do, from the table the server itself obeys. */
export default function Roles() {
  const loader = useLoader(() => call<RoleTable>("GET", "/api/roles"), "roles");
  const r = t().roles;
  const words = (one: { ko: string; en: string }) => (lang.value === "ko" ? one.ko : one.en);
  const columns = (table: RoleTable): Column<Line>[] => [
    { id: "permission", title: r.permission, value: words },
    ...table.roles.map((role) => ({
      id: role.role, title: words(role) + (role.role === me.value?.role ? ` (${r.yours})` : ""),
      value: (one: Line) => (role.permissions.includes(one.permission) ? r.can : ""),
      cell: (one: Line) => (role.permissions.includes(one.permission)
        ? <span class="yes"><Icon name="check" /><span class="hidden-text">{r.can}</span></span>
        : <span class="no"><span aria-hidden="true">·</span><span class="hidden-text">{r.cannot}</span></span>),
    })),
  ];
  return (
    <>
      <SectionHead title={r.title} lead={r.lead} />
      <Loaded of={loader}>
        {(table) => <div class="matrix"><DataTable caption={r.title} columns={columns(table)} rows={table.permissions} keyOf={(one) => one.permission} csv="ansim-roles.csv" /></div>}
      </Loaded>
    </>
  );
}
