// Says what a slot of a bar is while it is pointed at, tapped or focused. The texts of a target are those of its page,
// which is fetched for a row; those of a group are in the words of the legend.

(() => {
  // How long a fetched page is used, and how many are kept.
  const FRESH_FOR = 15_000;
  const KEPT_MAX = 50;
  // How long the pointer rests before a page is fetched.
  const REST = 80;

  const announcement = document.getElementById('announcement');
  const tip = document.createElement('p');
  tip.id = 'tip';
  tip.hidden = true;
  tip.setAttribute('role', 'tooltip');
  document.querySelector('footer').append(tip);

  const fetched = new Map();
  // The bar and the index of the slot that the tip is about.
  let shown = null;
  // The device of the last press; empty after a key.
  let pressed = '';

  const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));
  const countOf = (bar) => bar.viewBox.baseVal.width;
  const within = (bar, index) => Math.max(0, Math.min(countOf(bar) - 1, index));
  const slotsOf = (bar) => bar.parentElement.querySelector('.slots');
  const barOf = (slots) => slots.parentElement.querySelector('.bar');
  const textsIn = (slots) => [...slots.children].map((slot) => slot.getAttribute('aria-label'));

  const kindOf = (selector) => document.querySelector(`.legend ${selector}`)?.closest('span').textContent.trim();

  const textsOfGroup = (bar) => {
    const { started, seconds, failed } = bar.dataset;
    const count = countOf(bar);
    const some = kindOf('path.part');
    const texts = Array(count).fill(kindOf('.empty'));
    for (const path of bar.querySelectorAll('path')) {
      const kind = kindOf(`path.${path.classList}`);
      for (const [, start, length] of path.getAttribute('d').matchAll(/M(\d+) \d+h(\d+)/g)) {
        texts.fill(kind, Number(start), Number(start) + Number(length));
      }
    }
    for (const [, index, failures, probes] of failed.matchAll(/(\d+):(\d+)\/(\d+)/g)) {
      const failedOf = `${failures} of ${probes} probes failed`;
      texts[index] = texts[index] === some ? failedOf : `${texts[index]} · ${failedOf}`;
    }
    return texts.map((text, index) => `${reader.stretch(started, seconds, index, index === count - 1)} · ${text}`);
  };

  const fetchTexts = async (address) => {
    try {
      const response = await fetch(address, { headers: { accept: 'text/html' } });
      const slots = reader.parse(await response.text()).querySelector('.slots');
      return slots ? textsIn(slots) : [];
    } catch {
      return [];
    }
  };

  const textsOf = async (bar, mine) => {
    const slots = slotsOf(bar);
    if (slots) return textsIn(slots);
    if (bar.dataset.started) return textsOfGroup(bar);
    const address = bar.closest('[data-target]')?.querySelector('a[href^="/targets/"]')?.href;
    if (!address) return [];
    const known = fetched.get(address);
    if (known && Date.now() - known.at < FRESH_FOR) return known.texts;
    await wait(REST);
    if (shown !== mine) return [];
    const texts = fetchTexts(address);
    fetched.delete(address);
    fetched.set(address, { at: Date.now(), texts });
    if (fetched.size > KEPT_MAX) fetched.delete(fetched.keys().next().value);
    return texts;
  };

  const hide = () => {
    shown = null;
    tip.hidden = true;
  };

  const place = (bar, index) => {
    const { left, top, bottom, width } = bar.getBoundingClientRect();
    const middle = left + ((index + 0.5) / countOf(bar)) * width;
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    const start = Math.max(8, Math.min(room, middle - tip.offsetWidth / 2));
    const above = top - tip.offsetHeight;
    tip.style.left = `${start}px`;
    tip.style.top = `${above < 0 ? bottom : above}px`;
    tip.style.setProperty('--slot', `${middle - start}px`);
    tip.classList.toggle('below', above < 0);
  };

  const show = async (bar, index, isSaid = false) => {
    if (shown?.bar === bar && shown.index === index) return;
    const mine = { bar, index };
    shown = mine;
    const texts = await textsOf(bar, mine);
    if (shown !== mine || !bar.isConnected) return;
    tip.textContent = texts[index] || bar.getAttribute('aria-label');
    tip.hidden = false;
    place(bar, index);
    if (isSaid) announcement.textContent = tip.textContent;
  };

  // Shows the slot at the pointer. Returns whether there is one.
  const point = (event) => {
    const stack = document.elementsFromPoint(event.clientX, event.clientY);
    if (stack.includes(tip)) return true;
    const bar = stack.find((element) => element.matches('svg.bar'));
    if (!bar) {
      hide();
      return false;
    }
    const { left, width } = bar.getBoundingClientRect();
    show(bar, within(bar, Math.floor(((event.clientX - left) / width) * countOf(bar))));
    return true;
  };

  document.addEventListener('pointermove', (event) => {
    if (event.pointerType !== 'touch') point(event);
  });
  document.documentElement.addEventListener('pointerleave', hide);
  document.addEventListener('pointerdown', (event) => {
    pressed = event.pointerType;
  });
  // A tap on a bar shows the slot; it does not follow the row's link.
  document.addEventListener('click', (event) => {
    if (pressed !== 'touch' || !point(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener('scroll', () => {
    if (!tip.hidden) place(shown.bar, shown.index);
  }, { capture: true, passive: true });

  // The bar that the keys move along while an element has the focus: itself, or that of a group's line.
  const ownBar = (element) => element.closest('svg.bar, summary')?.parentElement.querySelector('svg.bar') ?? null;

  document.addEventListener('focusin', ({ target }) => {
    if (pressed) return;
    const slots = target.closest('.slots');
    if (slots) show(barOf(slots), [...slots.children].indexOf(target));
    else if (ownBar(target)) show(ownBar(target), countOf(ownBar(target)) - 1, target.matches('svg.bar'));
  });
  document.addEventListener('focusout', hide);

  const moves = {
    ArrowLeft: (index) => index - 1,
    ArrowRight: (index) => index + 1,
    Home: () => 0,
    End: () => Infinity,
  };

  document.addEventListener('keydown', (event) => {
    pressed = '';
    if (event.key === 'Escape') hide();
    const slots = event.target.closest('.slots');
    const bar = slots ? barOf(slots) : ownBar(event.target);
    const move = moves[event.key];
    if (!bar || !move || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (slots) {
      const next = slots.children[within(bar, move([...slots.children].indexOf(event.target)))];
      for (const slot of slots.children) slot.tabIndex = slot === next ? 0 : -1;
      next.focus({ preventScroll: true });
    } else {
      show(bar, within(bar, move(shown?.bar === bar ? shown.index : countOf(bar))), true);
    }
  });
})();
