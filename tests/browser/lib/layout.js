// Checks the layout of a page by the boxes of its elements.

/**
 * Returns sentences about text that is cut and about boxes that overlap; none if the layout is good. A text that ends with an
 * ellipsis, or after a number of lines, is not cut if its element or one around it has a title.
 */
export function layoutProblems(page) {
    return page.evaluate(() => {
        const problems = [];
        const root = document.documentElement;
        if (root.scrollWidth > root.clientWidth) problems.push(`the page scrolls horizontally by ${root.scrollWidth - root.clientWidth} px`);
        const describe = (element) => `<${element.nodeName.toLowerCase()} class="${element.className?.baseVal ?? element.className}"> ${element.textContent.trim().slice(0, 60)}`;
        const isShown = (element) => element.checkVisibility({ contentVisibilityAuto: true }) && element.getClientRects().length > 0 && !element.closest(".unseen");

        for (const element of document.querySelectorAll("main *, header *, footer *")) {
            if (element.closest("svg") || !isShown(element)) continue;
            const style = getComputedStyle(element);
            const clips = style.overflowX !== "visible" || style.overflowY !== "visible";
            const cut = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
            const mayScroll = ["auto", "scroll"].includes(style.overflowX) || ["auto", "scroll"].includes(style.overflowY);
            const isControl = ["INPUT", "SELECT"].includes(element.nodeName);
            if (clips && cut && !mayScroll && !isControl && !element.closest("[title]")) problems.push(`cut: ${describe(element)}`);
        }

        // Elements that must not cover each other: all pieces of text that are not inside one another.
        const texts = [];
        const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
        while (walker.nextNode() && texts.length < 3000) {
            const node = walker.currentNode;
            const parent = node.parentElement;
            if (!node.nodeValue.trim() || parent.closest("svg, select, noscript, .unseen, #tip") || !isShown(parent)) continue;
            const range = document.createRange();
            range.selectNodeContents(node);
            for (const box of range.getClientRects()) {
                const clip = clipOf(parent);
                const [left, right] = [Math.max(box.left, clip.left), Math.min(box.right, clip.right)];
                const [top, bottom] = [Math.max(box.top, clip.top), Math.min(box.bottom, clip.bottom)];
                if (right - left > 1 && bottom - top > 1) texts.push({ node, left, right, top, bottom });
            }
        }
        texts.sort((a, b) => a.top - b.top);
        for (const [index, a] of texts.entries()) {
            for (const b of texts.slice(index + 1)) {
                if (b.top >= a.bottom - 2) break;
                const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                if (a.node !== b.node && across > 1 && down > 4) problems.push(`overlap: "${a.node.nodeValue.trim().slice(0, 40)}" and "${b.node.nodeValue.trim().slice(0, 40)}"`);
            }
        }
        return [...new Set(problems)].slice(0, 10);

        function clipOf(element) {
            const clip = { left: -Infinity, right: Infinity, top: -Infinity, bottom: Infinity };
            for (let at = element; at; at = at.parentElement) {
                if (getComputedStyle(at).overflowX === "visible") continue;
                const box = at.getBoundingClientRect();
                clip.left = Math.max(clip.left, box.left);
                clip.right = Math.min(clip.right, box.right);
                clip.top = Math.max(clip.top, box.top);
                clip.bottom = Math.min(clip.bottom, box.bottom);
            }
            return clip;
        }
    });
}

/** Returns how many elements are completely within the window. */
export function onFirstScreen(page, selector) {
    return page.locator(selector).evaluateAll((all) => all.filter((element) => {
        const { top, bottom, height } = element.getBoundingClientRect();
        return height > 0 && top >= 0 && bottom <= innerHeight;
    }).length);
}

/** Returns the height of the highest of these elements, in pixels. */
export function highest(page, selector) {
    return page.locator(selector).evaluateAll((all) => Math.max(...all.map((element) => element.getBoundingClientRect().height)));
}
