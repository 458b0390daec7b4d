/** The look of the sandbox's hosted pages: one column on a phone, what is paid for beside the form on a desk. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ground: #f6f7f9; --ink: #1a1f36; --soft: #5a6178; --line: #d5dae3;
  --accent: #4338ca; --on-accent: #fff; --wrong: #b3261e; --wrong-ground: #fdeceb; --mark: #8a5a00; --mark-ground: #fff4d6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #1b1e27; --ground: #12141a; --ink: #eef0f6; --soft: #a6adc2; --line: #363c4d;
    --accent: #8f8bff; --on-accent: #12141a; --wrong: #ff9d94; --wrong-ground: #3a1d1b; --mark: #ffd479; --mark-ground: #3a2f14;
  }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100dvh; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; display: grid; gap: 1rem; }
main.one, header.one { max-width: 32rem; } .column { display: grid; gap: 1rem; min-width: 0; align-content: start; }
header { max-width: 60rem; margin: 0 auto; padding: 1rem 1rem 0; display: flex; gap: .75rem; align-items: center; justify-content: space-between; }
.mark { background: var(--mark-ground); color: var(--mark); border-radius: 1rem; padding: .15rem .7rem; font-size: .8rem; font-weight: 600; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; min-width: 0; }
h1 { font-size: 1.15rem; margin: 0 0 .5rem; } h2 { font-size: 1rem; margin: 0 0 .75rem; }
p { margin: 0 0 .75rem; } section > :last-child, main.equal section > p:last-of-type { margin-bottom: 0; } .soft { color: var(--soft); font-size: .9rem; }
.amount { font-size: 2.1rem; font-weight: 650; margin: 0 0 .75rem; letter-spacing: -.02em; overflow-wrap: anywhere; }
ul.items { list-style: none; margin: 0; padding: 0; }
ul.items li { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: .1rem 1rem; padding: .6rem 0; border-top: 1px solid var(--line); }
ul.items li span, ul.items li small { overflow-wrap: anywhere; } ul.items li > small:last-child:not(:nth-child(4)) { flex-basis: 100%; } ul.items li span:nth-child(2) { margin-left: auto; font-variant-numeric: tabular-nums; white-space: nowrap; }
form { display: grid; gap: .9rem; margin: 0; } .row { display: grid; grid-template-columns: 1fr 1fr; gap: .9rem; }
label { display: grid; gap: .3rem; font-size: .9rem; font-weight: 550; }
input, select { font: inherit; font-weight: 400; width: 100%; min-height: 2.75rem; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--paper); color: var(--ink); }
input[aria-invalid="true"] { border-color: var(--wrong); }
button, a.button { font: inherit; font-weight: 600; min-height: 2.9rem; padding: .5rem 1rem; border-radius: .5rem; border: 1px solid transparent;
  cursor: pointer; background: var(--accent); color: var(--on-accent); text-align: center; text-decoration: none; width: 100%;
  display: flex; align-items: center; justify-content: center; }
button.plain, a.plain { background: transparent; color: var(--ink); border-color: var(--line); }
button.wallet { background: #000; color: #fff; border-color: #555; }
button.card { display: grid; grid-template-columns: auto 1fr; gap: 0 .75rem; justify-content: start; text-align: left; font-weight: 400; background: transparent; color: var(--ink);
  border-color: var(--line); padding: .45rem .75rem; font-size: .9rem; }
button.card code { font-size: .88rem; white-space: nowrap; } button.card span { color: var(--soft); }
button:focus-visible, a:focus-visible, input:focus-visible, summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.wrong { background: var(--wrong-ground); color: var(--wrong); border-radius: .5rem; padding: .7rem .9rem; margin: 0; }
small.why { color: var(--wrong); font-weight: 500; }
.or { display: flex; align-items: center; gap: .75rem; color: var(--soft); font-size: .85rem; margin: 1rem 0; }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
details { margin-top: 1rem; } summary { cursor: pointer; padding: .4rem 0; } .cards { display: grid; gap: .4rem; margin-top: .5rem; }
a { color: var(--accent); }
@media (max-width: 400px) { button.card { grid-template-columns: 1fr; } }
ul.items form { display: inline; } ul.items button { display: inline; width: auto; min-height: 0; padding: 0 .5rem; font-size: .85rem; font-weight: 500; }
@media (min-width: 52rem) {
  main.form, main.equal { grid-template-columns: 5fr 6fr; align-items: start; padding-top: 2rem; }
  main.equal { grid-template-columns: 1fr 1fr; } main.one, header.one { padding-top: 2rem; }
}
`;
