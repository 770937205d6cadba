//! Every construct of Markdown that a draft may use, as its author writes it and as either part shows it.

use comrak::Arena;

use super::draft;
use crate::compose::merge::tags::Tags;
use crate::compose::{html, text, tree};

/// The Markdown, the HTML without styles and the plain text, one below the other, after what there is to say of it.
fn side_by_side(markdown: &str) -> String {
    let arena = Arena::new();
    let mut tags = Tags::avoiding(markdown);
    let base =
        tree::Addresses::new(Some("https://example.org/"), &crate::compose::images::NO_IMAGES);
    let (root, findings) = tree::prepare(&arena, &draft(markdown), "A title", &base, &mut tags);
    let findings: String = findings
        .iter()
        .flat_map(|finding| [finding.rule.id, ": ", &finding.message, "\n"])
        .collect();
    let root = root.unwrap();
    let page = text::Page { title: "", header: None, preheader: None, footer: &[], ascii: false };
    let text = text::render(root, &page, &mut tags).unwrap();
    let html = html::render(root, 552, &tags, None).into_string();
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
    typography: "\"It's *'so'*\" -- `a--b` [\"x\"](/x) https://example.org/a--b {{ \"a\" }}... :tada:";
}
