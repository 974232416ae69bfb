// What an app adds: fetch by way of session.js, and nothing else.
document.getElementById('send').addEventListener('click', async () => {
  const said = document.getElementById('said');
  said.textContent = '…';
  const answer = await passkeysSession.fetch('/echo?spa', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ note: document.getElementById('note').value }),
  });
  said.textContent = answer.ok ? `Booked: ${atob((await answer.json()).body)}` : `Not booked: ${answer.status}`;
});
