// Charts out of the data that stands in the page. Only what is used of ECharts is in the bundle.
import { BarChart, LineChart, TreemapChart } from "echarts/charts";
import { AriaComponent, GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { followUnits, readUnits } from "./units.js";

echarts.use([
  AriaComponent,
  BarChart,
  GridComponent,
  LineChart,
  MarkLineComponent,
  SVGRenderer,
  TooltipComponent,
  TreemapChart,
]);

export const BANDS = { excellent: "#14532d", good: "#1d4ed8", completed: "#854d0e", "not-completed": "#b91c1c", none: "#4b5563" };

const COMMON = {
  animation: false,
  aria: { enabled: true },
  textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
};

const MAKERS = {
  trend: (data) => ({
    ...COMMON,
    grid: { left: 36, right: 12, top: 16, bottom: 28 },
    xAxis: { type: "category", data: data.months },
    yAxis: { type: "value", min: 0, max: 100, splitNumber: 5 },
    tooltip: { trigger: "axis", renderMode: "richText" },
    series: [
      {
        type: "line",
        data: data.points,
        connectNulls: true,
        symbolSize: 7,
        lineStyle: { color: "#8b1a1a", width: 2 },
        itemStyle: { color: "#8b1a1a" },
        markLine: {
          silent: true,
          symbol: "none",
          lineStyle: { color: "#6b7280", type: "dashed" },
          label: { position: "insideEndTop" },
          data: [{ yAxis: 50 }, { yAxis: 70 }, { yAxis: 90 }],
        },
      },
    ],
  }),
  treemap: (units) => ({
    ...COMMON,
    tooltip: { renderMode: "richText", formatter: (one) => `${one.name}\n${one.data.tip}` },
    series: [
      {
        type: "treemap",
        roam: false,
        nodeClick: false,
        breadcrumb: { show: false },
        left: 0,
        top: 0,
        right: 0,
        bottom: 0,
        label: { fontSize: 12, lineHeight: 16, overflow: "truncate", formatter: (one) => `${one.name}\n${one.data.points}` },
        itemStyle: { borderColor: "#ffffff", gapWidth: 1 },
        data: units.map((unit) => ({ ...unit, itemStyle: { color: BANDS[unit.band] }, cursor: "pointer" })),
      },
    ],
  }),
};

// A chart shows what stands in a script beside it; the treemap the rows of the table, which are live.
function dataOf(name) {
  if (name === "treemap") return readUnits();
  const data = document.querySelector(`script[data-for="${name}"]`);
  return data && JSON.parse(data.textContent);
}

function draw(element) {
  const data = dataOf(element.dataset.chart);
  if (!data) return;
  const chart = echarts.getInstanceByDom(element) ?? echarts.init(element, null, { renderer: "svg" });
  chart.setOption(MAKERS[element.dataset.chart](data), true);
  if (element.dataset.chart === "treemap" && !element.dataset.ready) {
    chart.on("click", (event) => {
      if (event.data?.path) window.location.assign(event.data.path);
    });
  }
  element.dataset.ready = "yes";
}

function drawAll() {
  for (const element of document.querySelectorAll("[data-chart]")) draw(element);
}

drawAll();
window.addEventListener("resize", () => {
  for (const element of document.querySelectorAll("[data-chart]")) echarts.getInstanceByDom(element)?.resize();
});
document.addEventListener("htmx:afterSettle", drawAll);
followUnits(drawAll);
