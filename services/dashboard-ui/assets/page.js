// Keeps an open page up to date: applies the server's events, and marks every state as unknown when the connection is lost.
// The page is complete without this script.

(() => {
  // The server sends an event at least every 5 s.
  const SILENCE_MAX = 15_000;
  // How long a broken connection may take to recover before the page counts as lost.
  const BREAK_MAX = 4_000;
  // The interval at which the page is fetched while there is no stream.
  const FETCH_EVERY = 3_000;
  // The interval at which pages other than the overview are fetched again, because no event carries their figures.
  const FIGURES_MAX_AGE = 15_000;
  const ANNOUNCED_MAX = 3;

  const body = document.body;
  const page = body.dataset.page;
  const lostNotice = document.getElementById('lost');
  const announcement = document.getElementById('announcement');
  const liveWord = document.getElementById('live');
  const pauseButton = document.getElementById('pause');
  const icon = document.getElementById('icon');
  const { parse } = reader;

  let source = null;
  let lastId = null;
  let receivedAt = Date.now();
  let brokenAt = null;
  let lost = false;
  let paused = 'paused' in body.dataset;
  let fetchTimer = null;
  let fetchedAt = Date.now();
  let triedAt = Date.now();
  // The server's clock minus this one, in milliseconds.
  let ahead = Date.parse(body.dataset.made) - Date.now();

  // The states of rows and groups, in the order in which they need attention.
  const RANKS = ['down', 'unknown', 'maintenance', 'up'];
  // The folds that the reader opened or closed, by id.
  const folds = new Map();

  // -- Updating the document -----------------------------------------------------------------------------------------

  // Turns `old` into `fresh`. Changes only nodes that differ, so that focus, selection and open details are preserved.
  const morph = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName
      || old.childNodes.length !== fresh.childNodes.length) {
      replace(old, fresh);
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) {
      old.nodeValue = fresh.nodeValue;
      return;
    }
    keepFold(old, fresh);
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    const children = [...fresh.childNodes];
    [...old.childNodes].forEach((child, index) => morph(child, children[index]));
  };

  // Prevents that new content closes what is open, or opens what the reader closed.
  const keepFold = (old, fresh) => {
    if (old.nodeName !== 'DETAILS' || fresh.nodeName !== 'DETAILS') return;
    fresh.open = old.id && folds.has(old.id) ? folds.get(old.id) : old.open || fresh.open;
  };

  document.addEventListener('click', (event) => {
    const details = event.target.closest('summary')?.parentElement;
    // The click toggles it later.
    if (details?.id && !event.target.closest('a')) folds.set(details.id, !details.open);
  });

  // Moves a row or a group to its place among its siblings, which are in the order in which they need attention.
  const place = (element, stateOf) => {
    const rank = (it) => RANKS.indexOf(stateOf(it));
    const siblings = [...element.parentElement.children].filter((it) => it !== element);
    const next = siblings.find((it) => rank(it) > rank(element)) ?? null;
    if (element.nextElementSibling === next) return;
    const focused = element.contains(document.activeElement) ? document.activeElement : null;
    element.parentElement.insertBefore(element, next);
    focused?.focus({ preventScroll: true });
  };

  const replace = (old, fresh) => {
    const focused = old.nodeType === Node.ELEMENT_NODE && old.contains(document.activeElement)
      ? document.activeElement : null;
    if (old.nodeType === Node.ELEMENT_NODE && fresh.nodeType === Node.ELEMENT_NODE) {
      for (const details of old.querySelectorAll('details[id]')) {
        const same = fresh.querySelector(`#${CSS.escape(details.id)}`);
        if (same) keepFold(details, same);
      }
    }
    old.replaceWith(fresh);
    if (!focused || fresh.nodeType !== Node.ELEMENT_NODE) return;
    const href = focused.getAttribute('href');
    const again = (focused.id && document.getElementById(focused.id))
      || (href && fresh.querySelector(`[href="${CSS.escape(href)}"]`));
    if (again) again.focus({ preventScroll: true });
  };

  const setBlind = (blind, overall) => {
    body.classList.toggle('blind', blind);
    body.dataset.overall = overall;
  };

  // -- Fetching the whole page ---------------------------------------------------------------------------------------

  const refetchIn = (delay) => {
    if (fetchTimer === null) fetchTimer = setTimeout(refetch, delay);
  };

  const refetch = async () => {
    try {
      const response = await fetch(location.href, { headers: { accept: 'text/html' } });
      if (!(response.headers.get('content-type') || '').startsWith('text/html')) throw new Error('not a page');
      const fresh = parse(await response.text());
      const main = fresh.getElementById('main');
      if (!main || paused) return;
      fetchedAt = Date.now();
      ahead = Date.parse(fresh.body.dataset.made) - Date.now();
      recover();
      morph(document.getElementById('main'), main);
      setBlind(fresh.body.classList.contains('blind'), fresh.body.dataset.overall);
      follow(fresh.body.dataset.events);
      document.title = fresh.title;
      icon.href = fresh.getElementById('icon').getAttribute('href');
      tick();
    } catch {
      // The next attempt may succeed. Otherwise the connection counts as lost after SILENCE_MAX.
    } finally {
      fetchTimer = null;
    }
  };

  // A random delay, so that not all open pages are fetched at the same time.
  const refetchSoon = () => {
    refetchIn(Math.random() * Math.min(1_000, 100 + document.querySelectorAll('.target').length));
  };

  // -- Reading out ----------------------------------------------------------------------------------------------------

  let toAnnounce = [];
  let announceTimer = null;

  const announce = (text) => {
    toAnnounce.push(text);
    if (announceTimer !== null) return;
    announceTimer = setTimeout(() => {
      const texts = toAnnounce.splice(0);
      const more = texts.length - ANNOUNCED_MAX;
      announcement.textContent = texts.slice(0, ANNOUNCED_MAX).join('. ') + (more > 0 ? `. And ${more} more` : '');
      announceTimer = null;
    }, 1_000);
  };

  // -- The stream -----------------------------------------------------------------------------------------------------

  const on = {
    summary(data) {
      const same = body.classList.contains('blind') === data.blind && body.dataset.overall === data.overall;
      setBlind(data.blind, data.overall);
      const summary = document.getElementById('summary');
      if (!summary) {
        if (!same) refetchIn(0);
        return;
      }
      const headline = document.getElementById('headline').textContent;
      const fresh = parse(data.html).getElementById('summary');
      ahead = Date.parse(fresh.querySelector('#made').dateTime) - Date.now();
      morph(summary, fresh);
      document.title = `${data.title} · UptimePulse`;
      if (icon.getAttribute('href') !== data.icon) icon.href = data.icon;
      if (headline !== data.headline) announce(data.headline);
    },
    row(data) {
      if (page === 'target') {
        if (data.id === body.dataset.row) refetchIn(0);
        return;
      }
      if (page !== 'overview') return;
      const row = document.getElementById(data.id);
      if (!row) {
        const query = new URLSearchParams(location.search);
        const narrowed = query.get('search') || query.get('group') || query.get('after')
          || document.querySelector('.paging');
        const state = query.get('state');
        if (!narrowed && (!state || state === data.state)) refetchIn(1_000);
        return;
      }
      const before = row.querySelector('.state').dataset.state;
      morph(row, parse(data.html).querySelector('.target'));
      if (data.state !== before) place(document.getElementById(data.id), (it) => it.querySelector('.state').dataset.state);
      if (data.state === 'down' && before !== 'down') announce(`${data.name} is down`);
    },
    group(data) {
      const group = page === 'overview' && document.getElementById(data.id);
      if (!group) return;
      const line = group.querySelector('summary');
      const before = line.dataset.state;
      morph(line, parse(data.html).querySelector('summary'));
      if (data.state === before) return;
      if (data.state !== 'up' && !folds.has(data.id)) group.open = true;
      place(group, (it) => it.querySelector('summary').dataset.state);
    },
    incidents(data) {
      if (page === 'overview') {
        morph(document.getElementById('news'), parse(data.html).getElementById('news'));
        morph(document.getElementById('past'), parse(data.past).getElementById('past'));
        tick();
      } else {
        refetchIn(0);
      }
    },
    refresh() {
      refetchSoon();
    },
    reset() {
      refetchSoon();
    },
  };

  const connect = () => {
    const url = new URL(body.dataset.events, location.href);
    if (lastId) url.searchParams.set('since', lastId);
    source = new EventSource(url);
    source.onopen = () => {
      brokenAt = null;
      if (lost) refetchIn(0);
    };
    source.onerror = () => {
      brokenAt = brokenAt ?? Date.now();
    };
    for (const [name, apply] of Object.entries(on)) {
      source.addEventListener(name, (event) => {
        receivedAt = Date.now();
        lastId = event.lastEventId;
        if (lost) {
          refetchIn(0);
          return;
        }
        apply(JSON.parse(event.data));
      });
    }
  };

  // Changes to the stream of another range: as the history grows, a page without a chosen range shows a longer one.
  const follow = (events) => {
    const rangeOf = (address) => new URL(address, location.href).searchParams.get('range');
    if (rangeOf(events) === rangeOf(body.dataset.events)) return;
    body.dataset.events = events;
    if (!source) return;
    source.close();
    lastId = null;
    connect();
  };

  const clock = (time) => reader.clock(time + ahead);

  // Marks every state as the last known one.
  const lose = () => {
    if (lost) return;
    lost = true;
    body.classList.add('lost');
    body.dataset.overall = 'blind';
    const text = `Blind since ${clock(receivedAt)}: this page has lost its connection. It shows the state at that time.`;
    lostNotice.textContent = text;
    lostNotice.hidden = false;
    announce(text);
    document.title = 'Blind: this page has lost its connection · UptimePulse';
    icon.href = icon.dataset.lost;
    liveWord.textContent = 'Connection lost';
    const verdict = document.querySelector('.verdict');
    if (verdict) {
      verdict.dataset.state = 'blind';
      verdict.className = 'verdict caution';
      verdict.querySelector('use').setAttribute('href', '#caution');
      document.getElementById('headline').textContent = 'This page is blind: it has lost its connection';
    }
    const overall = document.getElementById('overall');
    if (overall) overall.textContent = 'Blind';
    for (const state of document.querySelectorAll('.state')) {
      if (state.dataset.state === 'unknown') continue;
      const was = document.createElement('small');
      was.className = 'was';
      was.textContent = `was ${state.dataset.state}`;
      state.after(was);
      state.dataset.state = 'unknown';
      state.querySelector('use').setAttribute('href', '#unknown');
      state.querySelector('.word').textContent = 'Unknown';
    }
    for (const symbol of document.querySelectorAll('.group-line > .symbol')) {
      symbol.firstElementChild.setAttribute('href', '#unknown');
    }
  };

  const recover = () => {
    receivedAt = Date.now();
    if (!lost) return;
    lost = false;
    body.classList.remove('lost');
    lostNotice.hidden = true;
    liveWord.textContent = 'Live';
    announce('The connection is back');
  };

  // -- Filters --------------------------------------------------------------------------------------------------------

  // Applies the filters to the list without leaving the page, so that place and focus stay.
  const applyFilters = () => {
    const form = document.getElementById('filters');
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ''));
    const url = query.size > 0 ? `/?${query}` : '/';
    if (url === location.pathname + location.search) return;
    if (paused) {
      location.assign(`${url}#targets`);
      return;
    }
    history.pushState(null, '', url);
    shown = location.search;
    clearTimeout(fetchTimer);
    fetchTimer = null;
    refetch();
  };

  for (const name of ['change', 'search', 'submit']) {
    document.addEventListener(name, (event) => {
      if (!event.target.closest?.('#filters')) return;
      if (name === 'submit') event.preventDefault();
      applyFilters();
    });
  }

  let shown = location.search;

  addEventListener('popstate', () => {
    // A link to a place on the page changes only the fragment.
    if (location.search !== shown) location.reload();
  });

  // -- Pausing --------------------------------------------------------------------------------------------------------

  const showPause = () => {
    body.classList.toggle('paused', paused);
    pauseButton.textContent = paused ? 'Resume' : 'Pause';
    if (paused) {
      liveWord.textContent = `Paused at ${clock(Date.now()).slice(11)}`;
    } else if (!lost) {
      liveWord.textContent = 'Live';
    }
  };

  pauseButton.addEventListener('click', () => {
    paused = !paused;
    if (paused) {
      source?.close();
      source = null;
    } else {
      const url = new URL(location.href);
      url.searchParams.delete('pause');
      history.replaceState(null, '', url);
      receivedAt = Date.now();
      brokenAt = null;
      connect();
      refetchIn(0);
    }
    showPause();
  });

  // -- Time -----------------------------------------------------------------------------------------------------------

  const span = (seconds) => {
    const minutes = Math.floor(seconds / 60);
    const hours = Math.floor(seconds / 3_600);
    if (seconds < 120) return `${seconds} s`;
    if (seconds < 3_600) return `${minutes} min`;
    if (seconds < 172_800) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
    return `${Math.floor(seconds / 86_400)} days`;
  };

  const tick = () => {
    const now = Date.now() + ahead;
    for (const time of document.querySelectorAll('time.ago')) {
      const seconds = Math.floor((now - Date.parse(time.dateTime)) / 1_000);
      const ago = time.classList.contains('age') ? '' : ' ago';
      const text = seconds < 1 ? 'just now' : `${span(seconds)}${ago}`;
      if (time.textContent !== text) time.textContent = text;
    }
  };

  setInterval(() => {
    tick();
    if (paused) return;
    const now = Date.now();
    const broken = brokenAt !== null && now - Math.max(brokenAt, receivedAt) > BREAK_MAX;
    if (broken || now - receivedAt > SILENCE_MAX) lose();
    if (source?.readyState !== EventSource.OPEN && now - triedAt > FETCH_EVERY) {
      triedAt = now;
      refetchIn(0);
    }
    if (source?.readyState === EventSource.CLOSED) {
      // Rejected: browsers do not reconnect by themselves.
      source = null;
      setTimeout(() => {
        if (!paused && source === null) connect();
      }, 2_000);
    }
    if (page !== 'overview' && !lost && !document.hidden && now - fetchedAt > FIGURES_MAX_AGE) refetchIn(0);
  }, 1_000);

  liveWord.hidden = false;
  pauseButton.hidden = false;
  showPause();
  if (!paused) connect();
})();
