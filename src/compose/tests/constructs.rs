//! Every construct of Markdown that a draft may use, as its author writes it and as either part shows it.

use comrak::Arena;

use super::draft;
use crate::compose::merge::tags::Tags;
use crate::compose::{html, phrases, text, tree};
use crate::source::Source;

/// The Markdown, the HTML without styles and the plain text, one below the other, after what there is to say of it.
fn side_by_side(markdown: &str) -> String {
    let arena = Arena::new();
    let snippet = Source::new(
        "snippets/sponsor.md",
        "Lent by *Ostrava*.\n\n- bricks\n- [clay]\n\n[clay]: /clay\n",
    );
    let mut draft = draft(markdown);
    draft.snippets.insert(snippet.name.clone(), Ok(snippet));
    let mut tags = Tags::avoiding(markdown);
    let base =
        tree::Addresses::new(Some("https://example.org/"), &crate::compose::images::NO_IMAGES);
    let (root, findings) = tree::prepare(&arena, &draft, "A title", |_| base, &mut tags);
    let findings: String = findings
        .iter()
        .flat_map(|finding| [finding.rule.id, ": ", &finding.message, "\n"])
        .collect();
    let root = root.unwrap();
    let page = text::Page {
        title: "",
        header: None,
        preheader: None,
        footer: &[],
        ascii: false,
        phrases: &phrases::ENGLISH,
    };
    let text = text::render(root, &page, &mut tags).unwrap();
    let html = html::render(root, 552, html::Wording::of("en", true), &tags, None).into_string();
    let findings = if findings.is_empty() { findings } else { format!("findings\n{findings}\n") };
    let [html, text] = [html, text].map(|part| tags.restore(&part));
    format!("{findings}{markdown}\n\n------ html\n{html}\n------ text\n{text}")
}

macro_rules! constructs {
    ($($name:ident: $markdown:expr;)*) => {$(
        #[test]
        fn $name() {
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(stringify!($name), side_by_side($markdown));
            });
        }
    )*};
}

constructs! {
    paragraphs: "One *two* **three** ~~four~~ `five`\nsix\\\nseven &amp; <eight@example.org>";
    headings: "# A title\n\n# Part\n\n### Deep\n\nSetext\n------\n\n[up](#part)";
    links: "[a](/x \"T\") [b][r] [r][] [r] <https://example.org/y> https://example.org/z?a=1&b=2\n\n[r]: /r";
    buttons: "[Join us](https://example.org/join){.button}\n\n[Yes](/y){.button} [No](/n){.button .secondary}\n\nOr [write](mailto:a@example.org){.button} first.";
    quotes: "> One\nlazy\n>\n> > Two";
    lists: "- a\n  1. b\n  2. c\n- d\n\n7. e\n\n   f\n8. g";
    tasks: "- [x] done\n- [ ] open\n\n| Task | Done |\n|--|--|\n| bread | [x] |\n| soup | [ ] by *noon* |";
    code: "```rust\nlet a = \"<b>\"; // {{ name }}\n```\n\n    indented\n";
    tables: "| A | B | C |\n|:--|:-:|--:|\n| `x` | {{ name | default(\"you\") }} | 3 |";
    footnotes: "a[^one] b^[Inline *two*] c[^one]\n\n[^one]: First.\n\n    More.\n\n[^unused]: Gone.";
    alerts: "> [!WARNING]\n> Mind the *step*.\n\n> [!NOTE] A title of its own\n> And a text.";
    callouts: ":::tip A *title* of two words\nBring a \"torch\".\n\n- two\n:::\n\n:::danger\nNo title.\n:::";
    callouts_with_mistakes: ":::note At 10:30\nLost.\n:::\n\n:::tipp\nKept.\n:::\n\n> [!WARN]\n> Quoted.\n\n- :::note\n  in a list\n\n:::note\nto the end";
    contents: "Intro.\n\n[[toc]]\n\n## One & *two*\n\n### Deep\n\n#### Deeper\n\n## One & two\n\n> ## Quoted";
    contents_with_mistakes: "[[TOC]]\n\nno headings";
    videos: "https://youtu.be/dQw4w9WgXcQ\n\n[A talk about \"tides\"](https://www.youtube.com/watch?t=1&v=dQw4w9WgXcQ){width=320}\n\n[The film](https://vimeo.com/1084537){image=/still.jpg}\n\n[Elsewhere](https://tube.example.org/w/1){image=https://example.org/e.png}\n\nSee https://youtu.be/dQw4w9WgXcQ.";
    videos_without_a_picture: "[The film](https://vimeo.com/1084537)\n\nhttps://www.youtube.com/@channel";
    notes: "One %%ask Bob%% two.\n\n%%\nA longer note, {{ x, TODO and <b>\n\n# with blocks\n%%\n\n- kept\n- %%dropped%%\n\n%%alone%%\n\n`%%code%%` 100\\%\\% and 100% sure\n\n## Title %%no%%";
    notes_with_mistakes: "a %%open\n\nb %%two\nlines%% c\n\n%%\nhides all\n\nthis";
    marks: "H~2~O, x^2^, ==marked== and ~~struck~~; ~struck, too~.\n\n2^10 and 2^20, a==b==c, 1:100:2, :tada: :no_such_thing: `:tada:` https://example.org/:tada:/x";
    emoji_in_tags: "{{ name | default(\":tada:\") }} [:tada:](https://example.org/:tada:)";
    hard_breaks: "one\\\ntwo  \nthree<br>four";
    attributes_with_mistakes: "[a](/a){.buton} [b](/b){colour=red} ![c](/c){.wide width=broad heigth=3}";
    unclosed_code: "```rust\nfn main() {}\n\nand the rest";
    images: "![Alt *text*](/a.png \"Caption\")\n\n![b](/b.png){width=300}\n\n#### Photo credit";
    raw_images: "<img src=\"/c.png\" alt=\"C &amp; D\" width=\"50%\">\n\ntext <img src=/i.png alt=i width=16> text";
    definitions: "Term\n\n:   Details\n\nOther\n\n:   More";
    rules: "a\n\n***\n\nb";
    raw_inline: "<b>b</b> <i>i</i> <s>s</s> H<sub>2</sub>O<br>x<sup>2</sup> <kbd>Ctrl *x*</kbd> <a href=\"/y\">y</a>";
    raw_blocks: "<center>\n<h3>Title</h3>\n<ul><li>one<li>two <b>2</b></ul>\n</center>\n\n<blockquote>said</blockquote>\n<hr>";
    details: "<details>\n<summary>More</summary>\n\nHidden *no more*.\n\n</details>";
    comments: "a <!-- one --> b\n\n<!--\ntwo\n\nlines\n-->\n\nc";
    emphasis: "*a **b** c* ***d*** **e *f* g** _h_ __i__ a_b_c 2*3*4 **j**k *l*m\n\n\\*not\\* \\_this\\_ \\`nor\\` \\[that\\]";
    entities: "&copy; &amp; &lt;b&gt; &#8212; &quot;q&quot; &nosuch; AT&T 1 < 2 > 0";
    code_spans: "`a` ``b ` c`` `<i>` `{{ name }}` ` d ` `*e*`";
    fences: "~~~\ntildes\n~~~\n\n````md\n```rust\nlet a;\n```\n````\n\n```klingon\nQapla'\n```\n\n- ```sh\n  ls -l # in a list\n  ```\n\n> ```\n> in a quote\n> ```";
    headings_of_both_kinds: "Setext one\n==========\n\nSetext two\n----------\n\n## ATX, closed ##\n\n#### With *emphasis*, `code` and a [link](/x)\n\n##### Five\n\n###### Six\n\n#hashtag";
    links_of_every_form: "[inline](https://example.org/1) [titled](https://example.org/2 'Two') [angled](<https://example.org/a b>) [full][Ref] [collapsed][] [shortcut]\n\n<https://example.org/3> <mailto:a@example.org> www.example.org https://example.org/4. b@example.org [*emphasised* `code`](/5) [same](https://example.org/1)\n\n[ref]: https://example.org/6\n[collapsed]: https://example.org/7 \"Seven\"\n[shortcut]: https://example.org/8";
    links_by_section: "# One\n\n[a](/a) [b](/b)\n\n## Two\n\n[a](/a) [c](/c)";
    quotes_that_hold_blocks: "> ## Heading\n>\n> 1. one\n> 2. two\n>\n>     code\n>\n> last";
    lists_of_every_form: "* star\n+ plus\n- dash\n\n3. three\n4. four\n\n1) bracket\n\n- loose\n\n- loose, too\n\n  with a paragraph\n\n  > and a quote\n\n  | and | a table |\n  |-----|---------|\n  | 1   | 2       |\n\n10. ten\n    - under ten\n      1. deep";
    tasks_in_lists: "- [x] done\n  - [ ] nested\n- [X] capital\n- no task\n\n1. [ ] numbered\n\n- [ ] loose\n\n  more of it\n- [x] end";
    tables_that_are_too_wide: "| A name | What it is good for | And who says so |\n|---|---|---|\n| one thing | everything that can be thought of, and more besides | nobody at all |\n| another | \\| a bar | https://example.org/a/rather/long/address |\n\n| One |\n|:-:|\n| column |";
    images_of_every_form: "![one](https://example.org/1.png) in a line of text.\n\n[![linked](/2.png \"Caption\")](https://example.org/2)\n\n![ref]\n\n![](https://example.org/4.png)\n\n![half](/5.png){width=50%}\n\n![too wide](/6.png){width=2000}\n\n[ref]: https://example.org/3.png 'Third'";
    alerts_of_every_kind: "> [!NOTE]\n> a\n\n> [!TIP]\n> b\n\n> [!IMPORTANT]\n> c\n\n> [!WARNING]\n> d\n\n> [!CAUTION]\n> e\n>\n> - with\n> - a list";
    footnotes_that_hold_blocks: "One[^list] two[^code] three[^list].\n\n[^list]: - a\n    - b\n\n[^code]: Text:\n\n        code";
    snippets: "Before.\n\n[[include: snippets/sponsor.md]]\n\nAfter. `[[include: snippets/sponsor.md]]`";
    conditions: "Dear {% if name %}{{ name }}{% else %}reader{% endif %},\n\n{% if \"vip\" in tags %}\n- first\n\n[For you](/vip)\n{% elif city == \"Ulm\" %}\n## Ulm\n{% endif %}\n\n| a | b |\n|---|---|\n| {% if x %}1{% endif %} | 2 |\n\n`{% if code %}`";
    merge_tags_everywhere: "## For {{ name | title }}\n\n**{{ a }}** _{{ b|default(\"x | y\") }}_ [{{ c }}](https://example.org/{{ d }}?q={{ e }}#{{ f }} \"{{ g }}\") <https://example.org/{{ h }}>\n\n![{{ i }}](https://example.org/{{ j }}.png \"{{ k }}\")\n\n[whole]({{ l }}) [Go](https://example.org/{{ m }}){.button}\n\n> [!NOTE] {{ n }}\n> {{ o }}[^{{ p }}]";
    subtle_typography: "'90s rock 'n' roll, \"'nested' quotes\", 5'10\", pages 3--5, a---b, wait... -- {{ a -- b }} `--flag` https://example.org/a--b \"*emphasis*\"";
    typography: "\"It's *'so'*\" -- `a--b` [\"x\"](/x) https://example.org/a--b {{ \"a\" }}... :tada:";
}
