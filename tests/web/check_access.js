// What is wrong with the page for those who use a keyboard, a screen reader or tired eyes. Wanted: an empty list.
() => {
  const wrong = [];
  const shown = (one) => one.checkVisibility() && one.getClientRects().length > 0;
  const numbers = (text) => text.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const color = numbers(getComputedStyle(one).backgroundColor);
      if (color.length === 3) return color;
    }
    return [255, 255, 255];
  };
  for (const one of document.querySelectorAll('a, button, select, input:not([type=hidden]), summary')) {
    if (!shown(one)) continue;
    const name = one.getAttribute('aria-label') || one.innerText
      || [...(one.labels ?? [])].map(l => l.innerText).join();
    if (!name.trim()) wrong.push(`no name: ${one.outerHTML.slice(0, 80)}`);
    const target = one.type === 'checkbox' ? one.closest('label') : one;
    const {width, height} = target.getBoundingClientRect();
    const inText = getComputedStyle(one).display === 'inline';
    const isSmall = !inText && !one.matches('.skip') && (width < 24 || height < 24);
    if (isSmall) wrong.push(`small: ${name} ${width}x${height}`);
  }
  const unread = 'svg, script, .unseen, [aria-hidden=true], .skip, noscript';
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !shown(one) || one.closest(unread)) continue;
    const [a, b] = [light(numbers(getComputedStyle(one).color)), light(behind(one))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) wrong.push(`contrast ${contrast.toFixed(1)}: ${walker.currentNode.data.trim().slice(0, 40)}`);
  }
  const ids = [...document.querySelectorAll('[id]')].map(one => one.id);
  wrong.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map(id => `two of id ${id}`));
  for (const place of document.querySelectorAll('[aria-describedby], [aria-labelledby]'))
    for (const id of (place.getAttribute('aria-describedby') || place.getAttribute('aria-labelledby')).split(' '))
      if (!document.getElementById(id)) wrong.push(`nothing of id ${id}`);
  return wrong;
}
