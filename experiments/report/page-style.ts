/** The style sheet of a report's page. The page has no script and loads nothing. */
import { figureStyle } from "./figures/draw.ts";

const steps = 10;

/** Classes `h0` to `h10`, for shaded cells. */
export const shadeClass = (share: number): string =>
  `h${Math.round(Math.min(1, Math.max(0, share)) * steps)}`;

const shades = Array.from(
  { length: steps + 1 },
  (_, step) => `.h${step}{background:color-mix(in srgb,var(--bad) ${Math.round(5 * step)}%,transparent)}`,
).join("\n");

export const pageStyle = `
:root{color-scheme:light dark;--ground:light-dark(#fff,#0e1217);--ink:light-dark(#1f2328,#e9e6df);
--muted:light-dark(#5b646d,#9ba6b2);--line:light-dark(#ddd5c5,#2d3642);--accent:light-dark(#a9501a,#f0a35e);
--lit:light-dark(#ffefd6,#3a2a14);--bad:light-dark(#a32a1f,#f59a8c);--raised:light-dark(#f6f3ec,#161b22)}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem 1rem 4rem;background:var(--ground);color:var(--ink);
font:15px/1.5 "Liberation Sans","DejaVu Sans",system-ui,sans-serif}
h1{font-size:1.7rem;margin:.2rem 0}h2{font-size:1.3rem;margin:2.4rem 0 .6rem;border-bottom:1px solid var(--line)}
h3{font-size:1.02rem;margin:1.6rem 0 .3rem}
p{margin:.4rem 0;max-width:60rem}.note,figcaption,caption{color:var(--muted);font-size:.87rem}
a{color:inherit;text-decoration-color:var(--muted);text-underline-offset:3px}a:hover{color:var(--accent)}
nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;padding:0;list-style:none}
.scroll{overflow-x:auto}
table{border-collapse:collapse;margin:.4rem 0 .2rem;font-variant-numeric:tabular-nums;font-size:.92rem}
th,td{padding:.22rem .7rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th{font-weight:600;vertical-align:bottom;white-space:normal}th:first-child,td:first-child{text-align:left}
td a{text-decoration:none}td a:hover{text-decoration:underline}
td .second{text-decoration:underline;text-decoration-thickness:1.5px;text-underline-offset:3px}
figure{margin:1.2rem 0}figure svg{max-width:100%;height:auto}
pre{overflow-x:auto;background:var(--raised);padding:.7rem;border-radius:6px;font-size:.82rem;line-height:1.4}
details{margin:.25rem 0}summary{cursor:pointer}
:target{background:var(--lit);scroll-margin-top:1rem}
.alarm{border-left:4px solid var(--bad);padding:.3rem .8rem;background:var(--raised)}
${shades}
${figureStyle}
`;
