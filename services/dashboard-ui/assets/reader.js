// Adapts the server's HTML to its reader: times in the reader's time zone, and texts to copy with the page's own address.
// The three scripts are one file in the browser; this is the first.
'use strict';

const reader = (() => {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  const format = (locale, options) => new Intl.DateTimeFormat(locale, { timeZone, ...options });
  const clockTime = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  const date = { year: 'numeric', month: '2-digit', day: '2-digit' };
  // The same forms as in src/text/time.rs. Swedish dates are written 2026-11-23.
  const formats = {
    second: format('sv-SE', { ...date, ...clockTime, second: '2-digit' }),
    minute: format('sv-SE', { ...date, ...clockTime }),
    day: format('en-GB', { day: 'numeric', month: 'short' }),
    clock: format('en-GB', clockTime),
  };
  // British English abbreviates September to four letters.
  const day = (time) => formats.day.format(time).replace('Sept', 'Sep');
  const short = (time) => `${day(time)} ${formats.clock.format(time)}`;

  const policy = window.trustedTypes
    ? window.trustedTypes.createPolicy('uptimepulse', { createHTML: (html) => html })
    : { createHTML: (html) => html };

  const localTime = (element) => {
    const time = Date.parse(element.dateTime);
    if (Number.isNaN(time)) return;
    const utc = element.textContent;
    element.title = `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
    if (element.classList.contains('ago')) return;
    if (!/^\d{4}-/.test(utc)) element.textContent = short(time);
    else if (/\d:\d\d:\d\d/.test(utc)) element.textContent = formats.second.format(time);
    else element.textContent = formats.minute.format(time);
  };

  // The time of a slot.
  const stretch = (started, seconds, index, isRunning) => {
    const start = Date.parse(started) + index * seconds * 1_000;
    const end = start + seconds * 1_000;
    if (isRunning) return `${short(start)}–now`;
    return `${short(start)}–${day(start) === day(end) ? formats.clock.format(end) : short(end)}`;
  };

  // The first part of a slot's text is its time. The text becomes a label, because bars.js shows it, not the browser.
  const localSlots = (slots) => {
    const { started, seconds } = slots.dataset;
    [...slots.children].forEach((slot, index) => {
      const [utc, ...rest] = slot.title.split(' · ');
      const time = stretch(started, seconds, index, utc.endsWith('now UTC'));
      slot.removeAttribute('title');
      slot.setAttribute('aria-label', [time, ...rest].join(' · '));
    });
  };

  const adapt = (root) => {
    for (const time of root.querySelectorAll('time[datetime]')) localTime(time);
    for (const slots of root.querySelectorAll('.slots')) localSlots(slots);
    for (const text of root.querySelectorAll('[data-origin]')) {
      text.textContent = text.textContent.replaceAll(text.dataset.origin, location.origin);
    }
    return root;
  };

  // Parses HTML of the server.
  const parse = (html) => adapt(new DOMParser().parseFromString(policy.createHTML(html), 'text/html'));

  const copy = async (button) => {
    const text = button.parentElement.querySelector('code');
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = 'Copied';
      setTimeout(() => {
        button.textContent = 'Copy';
      }, 2_000);
    } catch {
      // Without permission, or without TLS: the reader copies the selected text.
      getSelection().selectAllChildren(text);
    }
  };

  document.addEventListener('click', (event) => {
    const button = event.target.closest('.copy');
    if (button) copy(button);
  });

  document.documentElement.classList.add('scripted');
  const zone = document.getElementById('zone');
  if (zone) zone.textContent = `Times: ${timeZone}.`;
  adapt(document);

  return { parse, stretch, clock: (time) => formats.second.format(time) };
})();
