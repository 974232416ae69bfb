// Puts the worker of the address (?kind=) in charge of the whole site.
(async () => {
  const kind = new URLSearchParams(location.search).get('kind');
  await navigator.serviceWorker.register(`/workers/${kind}.js`, { scope: '/' });
  await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller) {
    await new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', done, { once: true }));
  }
  document.getElementById('said').textContent = `In charge: ${kind}`;
})();
