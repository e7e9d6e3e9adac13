// Keeps an open page up to date: applies the server's events, and marks every state as unknown when the connection is lost.
// The page is complete without this script.
'use strict';

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
  const policy = window.trustedTypes
    ? window.trustedTypes.createPolicy('uptimepulse', { createHTML: (html) => html })
    : { createHTML: (html) => html };

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

  // -- Updating the document -----------------------------------------------------------------------------------------

  const parse = (html) => new DOMParser().parseFromString(policy.createHTML(html), 'text/html');

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
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !(name === 'open' && old.nodeName === 'DETAILS')) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    const children = [...fresh.childNodes];
    [...old.childNodes].forEach((child, index) => morph(child, children[index]));
  };

  const replace = (old, fresh) => {
    const focused = old.nodeType === Node.ELEMENT_NODE && old.contains(document.activeElement)
      ? document.activeElement : null;
    if (old.nodeType === Node.ELEMENT_NODE && fresh.nodeType === Node.ELEMENT_NODE) {
      for (const details of old.querySelectorAll('.incident details[open]')) {
        const same = fresh.querySelector(`#${CSS.escape(details.closest('.incident').id)} details`);
        if (same) same.open = true;
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
      if (data.state === 'down' && before !== 'down') announce(`${data.name} is down`);
    },
    incidents(data) {
      if (page === 'overview') {
        morph(document.getElementById('incidents'), parse(data.html).getElementById('incidents'));
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

  const clock = (time) => `${new Date(time + ahead).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

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
    if (seconds < 120) return `${seconds} s`;
    if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
    if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
    return `${Math.floor(seconds / 86_400)} days`;
  };

  const tick = () => {
    const now = Date.now() + ahead;
    for (const time of document.querySelectorAll('time.ago')) {
      const seconds = Math.floor((now - Date.parse(time.dateTime)) / 1_000);
      const text = seconds < 1 ? 'just now' : `${span(seconds)} ago`;
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
