import { named } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/agreements";
import { kindName } from "./agencies";
import { loadCenters } from "./house";
import { Mark, Panel, SectionHead } from "./kit/page";
import { DataTable, type Column } from "./kit/table";
import type { Center, Centers as Told } from "./wire";

/** The centers this installation answers for, and who is at their desks. */
export default function Centers() {
  const loader = useLoader(loadCenters, "centers");
  const c = t().centers;
  const columns: Column<Center>[] = [
    { id: "name", title: c.head.name, value: named },
    { id: "code", title: c.head.code, value: (one) => one.code },
    { id: "desk", title: c.head.desk, value: (one) => one.desk },
    { id: "callback", title: c.head.callback, value: (one) => one.callback, cell: (one) => one.callback || c.none },
    { id: "agencies", title: c.head.agencies, value: (one) => one.agencies.map(kindName).join(", "), cell: (one) => (one.agencies.length ? one.agencies.map(kindName).join(", ") : <Mark tone="bad">{c.noAgency}</Mark>) },
    { id: "cameras", title: c.head.cameras, value: (one) => one.cameras, isNumber: true },
    { id: "open", title: c.head.open, value: (one) => one.open_incidents, isNumber: true },
  ];
  return (
    <>
      <SectionHead title={c.title} lead={c.lead} />
      <Loaded of={loader} isEmpty={(told) => told.centers.length === 0} empty={<p>{c.empty}</p>}>
        {(told) => (
          <>
            {told.desks.length > 0 && <Desks of={told} />}
            <DataTable caption={c.title} columns={columns} rows={told.centers} keyOf={(one) => one.code} start={{ id: "code", down: false }} csv="ansim-centers.csv" />
          </>
        )}
      </Loaded>
    </>
  );
}

function Desks({ of }: { of: Told }) {
  const c = t().centers;
  const columns: Column<Told["desks"][number]>[] = [
    { id: "desk", title: c.deskHead.desk, value: (one) => one.desk },
    { id: "staff", title: c.deskHead.staff, value: (one) => one.staff, cell: (one) => c.people(one.staff), isNumber: true },
    { id: "shift", title: c.deskHead.shift, value: (one) => one.on_shift, cell: (one) => (one.on_shift ? c.people(one.on_shift) : <Mark tone="wait">{c.nobody}</Mark>), isNumber: true },
    { id: "signed", title: c.deskHead.signed, value: (one) => one.signed_in, cell: (one) => c.people(one.signed_in), isNumber: true },
  ];
  return <Panel title={c.desks} id="desks-title"><DataTable caption={c.desks} columns={columns} rows={of.desks} keyOf={(one) => one.desk} isSearched={false} /></Panel>;
}
