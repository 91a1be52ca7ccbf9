// The plot: one small bar chart for each figure that matters most, in one SVG file. Readable on light and dark backgrounds.

export interface Bar {
  label: string;
  value: number;
  min: number;
  max: number;
  /** The colours that stand out are for Portside; of its two carriers the first is the usual one. */
  colour: "first" | "second" | "other";
}

export interface Chart {
  title: string;
  unit: string;
  /** Which way is better. */
  better: "more" | "less";
  bars: readonly Bar[];
  /** What does not fit the scale, in words. */
  beside?: string;
}

const columns = 2;
const chartWidth = 430;
const gap = 24;
const margin = 16;
const rowHeight = 20;
const barHeight = 13;
const labelWidth = 124;
const valueWidth = 74;
const headHeight = 34;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
const px = (value: number): string => value.toFixed(1).replace(/\.0$/, "");

const style = `
    text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
    .title { font-weight: 600; font-size: 13px }
    .note, .unit { fill: #59636e; font-size: 11px }
    .other { fill: #8c959f }
    .first { fill: #0969da }
    .second { fill: #54aeff }
    .spread { stroke: #1f2328; stroke-width: 1 }
    .axis { stroke: #d1d9e0; stroke-width: 1 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .note, .unit { fill: #9198a1 }
      .other { fill: #656c76 }
      .first { fill: #4493f8 }
      .second { fill: #1f5fb4 }
      .spread { stroke: #f0f6fc }
      .axis { stroke: #3d444d }
    }`;

/** Draws one chart with its top left corner at (x, y). */
function draw(chart: Chart, x: number, y: number, format: (value: number) => string): string {
  const most = Math.max(...chart.bars.map(({ max, value }) => Math.max(max, value)), Number.MIN_VALUE);
  const room = chartWidth - labelWidth - valueWidth;
  const scale = (value: number): number => (Math.max(value, 0) / most) * room;
  const left = x + labelWidth;
  const parts = [
    `<text class="title" x="${px(x)}" y="${px(y + 13)}">${escaped(chart.title)}</text>`,
    `<text class="note" x="${px(x + chartWidth)}" y="${px(y + 13)}" text-anchor="end">${escaped([chart.beside, `${chart.unit}, ${chart.better} is better`].filter((part) => part !== undefined).join(" · "))}</text>`,
    `<line class="axis" x1="${px(left)}" y1="${px(y + 22)}" x2="${px(left)}" y2="${px(y + headHeight - 11 + chart.bars.length * rowHeight)}"/>`,
  ];
  chart.bars.forEach((bar, i) => {
    const top = y + headHeight - 8 + i * rowHeight;
    const middle = top + barHeight / 2;
    const end = left + scale(bar.max);
    parts.push(
      `<text x="${px(left - 6)}" y="${px(middle + 4)}" text-anchor="end">${escaped(bar.label)}</text>`,
      `<rect class="${bar.colour}" x="${px(left)}" y="${px(top)}" width="${px(Math.max(scale(bar.value), 1))}" height="${barHeight}" rx="2"/>`,
    );
    if (bar.max > bar.min)
      parts.push(
        `<path class="spread" d="M${px(left + scale(bar.min))} ${px(middle)}H${px(end)}M${px(left + scale(bar.min))} ${px(middle - 3)}v6M${px(end)} ${px(middle - 3)}v6"/>`,
      );
    parts.push(
      `<text class="value" x="${px(Math.max(end, left + scale(bar.value)) + 6)}" y="${px(middle + 4)}">${escaped(format(bar.value))}</text>`,
    );
  });
  return parts.join("\n  ");
}

/** The whole plot. Charts without bars are left out. */
export function plot(title: string, note: string, charts: readonly Chart[], format: (value: number) => string): string {
  const drawn = charts.filter(({ bars }) => bars.length > 0);
  const width = 2 * margin + columns * chartWidth + (columns - 1) * gap;
  const parts: string[] = [];
  let y = margin + 44;
  for (let i = 0; i < drawn.length; i += columns) {
    const row = drawn.slice(i, i + columns);
    row.forEach((chart, column) => parts.push(draw(chart, margin + column * (chartWidth + gap), y, format)));
    y += headHeight + Math.max(...row.map(({ bars }) => bars.length)) * rowHeight + 14;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img" aria-label="${escaped(title)}">
  <style>${style}
  </style>
  <text class="title" x="${margin}" y="${margin + 12}">${escaped(title)}</text>
  <text class="note" x="${margin}" y="${margin + 28}">${escaped(note)}</text>
  ${parts.join("\n  ")}
</svg>
`;
}
