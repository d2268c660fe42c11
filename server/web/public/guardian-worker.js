// @ts-check
/* Shows a guardian's push, and on /mine a person's own. What comes holds ids and a path, no name and no place: the words stand here. It answers for
   no request of a page, so an old copy of it can never show an old page. */

/** @type {Record<string, Record<string, {title: string, body: string}>>} */
const WORDS = {
  ko: {
    raised: { title: "SOS 도움 요청", body: "나를 보호자로 지정한 분이 도움을 요청했습니다. 본인에게 전화하지 말고 눌러서 확인하세요." },
    raised_for_her: { title: "다른 보호자가 경보를 울렸습니다", body: "나를 보호자로 지정한 분을 위한 경보입니다. 본인에게 전화하지 말고 눌러서 확인하세요." },
    acknowledged: { title: "관제센터가 접수했습니다", body: "담당자가 맡았습니다. 눌러서 확인하세요." },
    dispatched: { title: "112·119에 출동을 요청했습니다", body: "눌러서 진행 상황을 확인하세요." },
    ended: { title: "상황이 끝났습니다", body: "눌러서 확인하세요." },
    walk_begun: { title: "귀가를 시작했습니다", body: "나를 보호자로 지정한 분이 길을 나섰습니다. 지금 할 일은 없습니다." },
    walk_late: { title: "확인에 답이 없습니다", body: "나를 보호자로 지정한 분이 예정과 다릅니다. 눌러서 확인하고 연락해 보세요." },
    walk_raised: { title: "관제센터에 신고했습니다", body: "나를 보호자로 지정한 분이 끝까지 답하지 않습니다. 눌러서 확인하세요." },
    walk_arrived: { title: "도착했습니다", body: "나를 보호자로 지정한 분이 도착했다고 알려 왔습니다." },
    approach: { title: "접근 경보", body: "나를 보호자로 지정한 분 가까이에 전자감독 대상자가 있습니다. 눌러서 확인하세요." },
    approach_over: { title: "접근 경보가 끝났습니다", body: "눌러서 확인하세요." },
    disaster: { title: "재난 경보 소식", body: "고른 시·군·구에 재난 경보 소식이 있습니다. 눌러서 확인하세요." },
  },
  en: {
    raised: { title: "SOS: help is asked for", body: "Somebody who named you as guardian asks for help. Do not call her: press to see." },
    raised_for_her: { title: "Another guardian raised an alarm", body: "It is for somebody who named you as guardian. Do not call her: press to see." },
    acknowledged: { title: "The control center has it", body: "An operator is on it. Press to see." },
    dispatched: { title: "Police or ambulance asked to come", body: "Press to see how it goes." },
    ended: { title: "It has ended", body: "Press to see." },
    walk_begun: { title: "She has set out", body: "Somebody who named you as guardian is on her way. There is nothing to do now." },
    walk_late: { title: "No answer", body: "Somebody who named you as guardian is not moving as planned. Press to see, and try to reach her." },
    walk_raised: { title: "The control center is alerted", body: "Somebody who named you as guardian has not answered. Press to see." },
    walk_arrived: { title: "She has arrived", body: "Somebody who named you as guardian says that she is there." },
    approach: { title: "Warning of an approach", body: "A person under monitoring is near somebody who named you as guardian. Press to see." },
    approach_over: { title: "The warning is over", body: "Press to see." },
    disaster: { title: "Disaster warning: news", body: "There is news of a warning in a municipality you chose. Press to see." },
  },
};
/** Pushes overtake each other: what has happened is never taken back by an older one. */
const STEPS = ["raised", "raised_for_her", "acknowledged", "dispatched", "ended", "walk_begun", "walk_late", "walk_raised", "walk_arrived", "approach", "approach_over", "disaster"];
const CALM = ["ended", "walk_begun", "walk_arrived", "approach_over"];
const PATH = /^\/((follow|notice)\/[\w-]{16,64}|mine)$/;
const worker = /** @type {any} */ (self);

/** @param {any} data */
function read(data) {
  try {
    const said = data.json();
    return typeof said === "object" && said ? said : {};
  } catch {
    return {};
  }
}

/** @param {any} said */
async function show(said) {
  const language = said.language === "en" ? "en" : "ko";
  const tag = `ansim-${said.tag ?? "sos"}`;
  const told = STEPS.includes(said.event) ? said.event : "raised";
  const held = (await worker.registration.getNotifications({ tag }))[0]?.data?.event;
  const isLate = held !== undefined && STEPS.indexOf(held) > STEPS.indexOf(told);
  const event = isLate ? held : told;
  const words = WORDS[language][event];
  const path = PATH.test(said.path) ? said.path : "/";
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const page of pages) page.postMessage({ kind: "push", event: said.event, path });
  await worker.registration.showNotification(words.title, {
    body: words.body,
    lang: language,
    tag,
    renotify: !isLate,
    requireInteraction: !CALM.includes(event),
    icon: "/static/mark.svg",
    data: { path, event },
  });
  if (path.startsWith("/notice/")) await fetch(`/api/notices/${path.slice(8)}/delivered`, { method: "POST" }).catch(() => undefined);
}

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()));
let turn = Promise.resolve();
worker.addEventListener("push", (/** @type {any} */ event) => {
  turn = turn.catch(() => undefined).then(() => show(read(event.data)));
  event.waitUntil(turn);
});
worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  const path = event.notification.data?.path ?? "/";
  event.waitUntil(
    worker.clients.matchAll({ type: "window", includeUncontrolled: true }).then((/** @type {any[]} */ pages) => {
      const open = pages.find((page) => new URL(page.url).pathname === path);
      return open ? open.focus() : worker.clients.openWindow(path);
    }),
  );
});
