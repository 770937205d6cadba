//! Rules about images.

super::rules! { Images, IMAGES;
    IMG_ALT_MISSING = "img-alt-missing", Error, Open,
        what: "An image has a text for readers who do not see it.",
        why: "Many mail programs show no images at first, and screen readers read the text aloud.",
        source: "WCAG 2.2 1.1.1",
        mend: "Write `![what it shows](address)`; in raw HTML `alt=\"\"` marks decoration.",
        bad: Body("![](https://example.org/boat.png)"),
        good: Body("![A boat at low tide](https://example.org/boat.png)");
    IMG_RELATIVE = "img-relative", Error, Shut,
        what: "An image address is absolute, or `base-url` makes it so.",
        why: "A letter lies in no folder of a website.",
        source: "own",
        mend: "Write the whole address, set `base-url` in `[newsletter]`, or `mode = \"cid\"` in `[images]`.",
        bad: Body("![A boat](boat.png)"),
        good: Body("![A boat](https://example.org/boat.png)");
    IMG_MISSING = "img-relative-missing", Error, Shut,
        what: "An image that is named by a path is a file of the project that can be read.",
        why: "Readers would see a broken image.",
        source: "own",
        mend: "Check the path; it is looked for beside the draft and in the project's folder.",
        bad: Words("`![A boat](images/baot.png)` where only `images/boat.png` exists"),
        good: Words("`![A boat](images/boat.png)`");
    IMG_WRONG_TYPE = "img-wrong-type", Error, Shut,
        what: "Mail programs show PNG, JPEG and GIF; SVG, AVIF, BMP, TIFF and HEIF they do not.",
        why: "Most readers would see nothing.",
        source: "caniemail image-svg, image-avif, image-bmp",
        mend: "Save it as PNG or JPEG.",
        bad: Words("`![A boat](boat.svg)` of a project with `mode = \"cid\"`"),
        good: Words("`![A boat](boat.png)`");
    IMG_TOO_HEAVY = "img-too-heavy", Error, Shut,
        what: "An image file is at most 5 MiB.",
        why: "Nobody waits for it, and some relays refuse the letter.",
        source: "own",
        mend: "Make it smaller; 1200 pixels across are enough for every screen.",
        bad: Words("a photograph of 8 MB as it came from the camera"),
        good: Words("the same, scaled to 1200 pixels");
    IMG_HEAVY = "img-heavy", Warning, Open,
        what: "An image over 500 kB keeps readers on the move waiting.",
        why: "On a phone it takes seconds to load.",
        source: "Buttondown preflight",
        mend: "Make it smaller; 1200 pixels across are enough for every screen.",
        bad: Words("a photograph of 800 kB"),
        good: Words("a photograph of 120 kB");
    IMG_TOTAL_HEAVY = "img-total-heavy", Error, Allowable,
        what: "The images that travel in a letter stay within their budget, because every reader's copy carries them.",
        why: "Relays refuse large letters, and the whole list takes its bytes times the readers.",
        source: "own",
        mend: "Take one out, host them (`mode = \"host\"` in `[images]`), or raise `budget`.",
        bad: Words("five photographs of 400 kB with `mode = \"cid\"`"),
        good: Words("the same with `mode = \"host\"`");
    IMG_WEBP = "img-webp", Warning, Open,
        what: "Classic Outlook does not show WebP.",
        why: "Its readers see an empty frame.",
        source: "caniemail image-webp",
        mend: "Save it as PNG or JPEG.",
        bad: Words("`![A boat](boat.webp)`"),
        good: Words("`![A boat](boat.jpg)`");
    VIDEO_PICTURE_MISSING = "video-picture-missing", Warning, Open,
        what: "Mail plays no videos; a link to one needs a picture to be shown as more than a link.",
        why: "Readers overlook a bare link.",
        source: "own",
        mend: "Write `[![what it shows](picture.jpg)](address)`.",
        bad: Words("a link of the class `video` without a picture"),
        good: Words("the same around an image");
}
