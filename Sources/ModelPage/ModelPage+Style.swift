extension ModelPage {
  /// Colours of both schemes, one column on a phone, as many as fit elsewhere.
  static let style: StaticString = """
    :root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#5b6675;\
    --line:#e1e5ea;--s0:#2f6fb5;--s1:#d97b21;--s2:#8f9aa8;--mark:#fff3d6}
    @media(prefers-color-scheme:dark){:root{--page:#12161c;--card:#1b212a;--ink:#e7ebf0;\
    --soft:#9aa6b5;--line:#303945;--s0:#6fadee;--s1:#f0a355;--s2:#6d7886;--mark:#3a3218}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--page);color:var(--ink);\
    font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
    header,main{max-width:1120px;margin:0 auto;padding:0 1.25rem}
    header{padding-top:2.5rem}main{padding-bottom:3rem}
    .kicker{margin:0;color:var(--soft);font-size:.85rem;letter-spacing:.04em}
    h1{margin:.1em 0;font-size:2.1rem;line-height:1.2;overflow-wrap:anywhere}
    h2{margin:2.5rem 0 1rem;font-size:1.35rem}h3{margin:0;overflow-wrap:anywhere}
    h4{margin:.9rem 0 .2rem;font-size:.85rem;color:var(--soft)}
    header p{overflow-wrap:anywhere}
    .tiles{display:grid;gap:.75rem;margin:1.5rem 0 0;\
    grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr))}
    .tiles div,figure,.card,details{background:var(--card);border:1px solid var(--line);\
    border-radius:10px}
    .tiles div{padding:.7rem .9rem}.tiles dt{color:var(--soft);font-size:.8rem}
    .tiles dd{margin:0;font-size:1.3rem;font-weight:600;font-variant-numeric:tabular-nums}
    .figures{display:grid;gap:1rem;\
    grid-template-columns:repeat(auto-fill,minmax(min(100%,25rem),1fr))}
    figure,.card{margin:0;padding:1rem;min-width:0}
    figure+figure{margin-top:0}section>figure,section>details{margin-top:1rem}
    figcaption{display:flex;flex-wrap:wrap;gap:.1rem .9rem;align-items:baseline;margin-bottom:.5rem}
    figcaption small{flex-basis:100%;color:var(--soft)}
    .keys{display:flex;flex-wrap:wrap;gap:.9rem;font-size:.85rem;color:var(--soft)}
    .key i{display:inline-block;width:.75em;height:.75em;border-radius:3px;margin-right:.4em}
    i.s0{background:var(--s0)}i.s1{background:var(--s1)}i.s2{background:var(--s2)}
    svg{display:block;width:100%;height:auto;overflow:visible}
    svg text{font-size:12px;fill:var(--soft);font-variant-numeric:tabular-nums}
    .left,.axis{text-anchor:end}.below{text-anchor:middle}
    .grid{stroke:var(--line);stroke-width:1}
    .line{fill:none;stroke-width:2;stroke-linejoin:round}
    .line.s0{stroke:var(--s0)}.line.s1{stroke:var(--s1);stroke-dasharray:6 3}
    circle,rect{stroke:transparent;stroke-width:0}circle{stroke-width:12}
    circle.s0,rect.s0{fill:var(--s0)}circle.s1,rect.s1{fill:var(--s1)}\
    circle.s2,rect.s2{fill:var(--s2)}
    circle.beyond{fill:var(--card);stroke-width:1.5}.beyond.s0{stroke:var(--s0)}\
    .beyond.s1{stroke:var(--s1)}
    rect:hover{opacity:.75}
    .wide{overflow-x:auto}
    table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums}
    th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:right;\
    font-weight:400;white-space:nowrap;vertical-align:top}
    .pairs th,.pairs td{white-space:normal;overflow-wrap:anywhere}.pairs th{min-width:6.5rem}
    #digest-table{grid-column:1/-1}
    th:first-child{text-align:left}thead th{color:var(--soft)}
    tbody tr:last-child>*{border-bottom:0}.mark>*{background:var(--mark)}
    details{padding:.6rem 1rem}summary{cursor:pointer;color:var(--soft)}
    .card p{margin:0;color:var(--soft);font-size:.88rem}
    ol{margin:0;padding-left:1.4rem}li span{overflow-wrap:anywhere}
    li data{float:right;color:var(--soft);padding-left:1rem;font-variant-numeric:tabular-nums}
    li::after{content:"";display:block;clear:both}
    @media(max-width:30rem){svg text{font-size:15px}header,main{padding-left:.75rem;\
    padding-right:.75rem}}
    """
}
