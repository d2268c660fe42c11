import { useSignal } from "@preact/signals";
import type { Chart as Drawn, ChartConfiguration } from "chart.js";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { lang } from "../../lang";
import { texts } from "../../lang";
import { theme } from "../../theme";

/** `from` is a variable of styles/base.css, so that a series has the contrast of the theme in use. */
export interface Series { label: string; values: readonly (number | null)[]; from: "--accent" | "--warning" | "--success" | "--information" | "--text-quiet"; isOutlined?: boolean }
export interface Bars { labels: readonly string[]; series: readonly Series[]; unit: string; isLine?: boolean; most?: number }

const t = texts(
  {
    failed: "그림을 그리지 못했습니다. 아래 표에 같은 숫자가 있습니다.", table: "표로 보기",
    none: "이 기간의 자료 없음", noneHint: "기간을 더 길게 고르거나 관제센터를 ‘모두’로 바꿔 보세요.",
  },
  {
    failed: "The chart could not be drawn. The table below has the same numbers.", table: "As a table",
    none: "No data for this period", noneHint: "Choose a longer period, or all centers.",
  },
);
const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function configOf(of: Bars): ChartConfiguration<"bar" | "line"> {
  const [quiet, line] = [colour("--text-quiet"), colour("--line")];
  const font = { family: getComputedStyle(document.body).fontFamily, size: 14 };
  return {
    type: of.isLine ? "line" : "bar",
    data: {
      labels: [...of.labels],
      datasets: of.series.map((one) => ({
        label: one.label, data: [...one.values], borderColor: colour(one.from), borderWidth: 2, backgroundColor: one.isOutlined ? "transparent" : colour(one.from),
        maxBarThickness: 36, pointRadius: 4, borderRadius: 2,
      })),
    },
    options: {
      responsive: true, maintainAspectRatio: false, locale: lang.value, color: quiet, font,
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? false : { duration: 200 },
      plugins: {
        legend: { display: of.series.length > 1, position: "bottom", labels: { color: colour("--text"), font, boxWidth: 16 } },
        tooltip: { callbacks: { label: (at) => `${at.dataset.label}: ${at.formattedValue} ${of.unit}` }, bodyFont: font, titleFont: font },
      },
      scales: {
        x: { ticks: { color: quiet, font, maxRotation: 0, autoSkip: true }, grid: { display: false }, border: { color: line } },
        y: { beginAtZero: true, suggestedMax: of.most, ticks: { color: quiet, font, precision: 0 }, grid: { color: line }, border: { display: false }, title: { display: true, text: of.unit, color: quiet, font } },
      },
    },
  };
}

/**
 * A chart with its table, which says the same: for who listens, copies, or prints without colour. The library is fetched
 * when the first chart appears. `name` is what the picture shows, in words. Without a value there is no picture: an empty
 * grid looks like a chart that has not come.
 */
export function ChartBox({ name, of, children, isTableOpen = false }: { name: string; of: Bars; children: ComponentChildren; isTableOpen?: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const hasFailed = useSignal(false);
  const [mode, language] = [theme.value, lang.value];
  const key = JSON.stringify(of);
  const hasValues = of.series.some((one) => one.values.some((value) => value !== null));
  useEffect(() => {
    if (!hasValues) return;
    let [drawn, isGone]: [Drawn | null, boolean] = [null, false];
    import("./chart-parts").then(({ Chart }) => {
      if (isGone || !canvas.current) return;
      drawn = new Chart(canvas.current, configOf(of)) as Drawn;
      canvas.current.dataset.drawn = "yes";
    }, () => { hasFailed.value = true; });
    return () => { isGone = true; drawn?.destroy(); };
  }, [key, mode, language]);
  return (
    <figure class="chart" data-chart={name} data-empty={!hasValues || undefined}>
      {!hasValues && <div class="empty"><p>{t().none}</p><p>{t().noneHint}</p></div>}
      {hasValues && (hasFailed.value ? <p class="trouble" role="alert">{t().failed}</p> : <div class="chart-canvas"><canvas ref={canvas} role="img" aria-label={name} /></div>)}
      <details open={isTableOpen}><summary>{t().table}</summary>{children}</details>
    </figure>
  );
}
