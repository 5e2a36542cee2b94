// The signs of every two minutes: an event says that there is something new, and the part of the page is fetched anew.
(() => {
  const moving = document.getElementById("moving"), told = document.getElementById("listening");
  if (!moving || !window.EventSource) return;
  const say = (words) => { told.hidden = false; told.textContent = words; };
  let asking = false, again = false;
  const fetchAnew = async () => {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch("/wall/signs", { headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(answer.status);
      moving.innerHTML = await answer.text();
      say("✓ 实时 live · " + new Date().toLocaleTimeString("zh-CN", { hour12: false }));
    } catch (error) {
      say("⚠ 无法更新，所示为此前的数值 not updated: what is shown is from before");
    } finally {
      asking = false;
      if (again) { again = false; fetchAnew(); }
    }
  };
  const events = new EventSource("/wall/events");
  events.addEventListener("window", fetchAnew);
  events.addEventListener("ready", fetchAnew);
  events.onerror = () => say("⚠ 连接中断，所示为此前的数值 the connection is lost: what is shown is from before");
  // A value grows old without an event: nothing new is news too.
  setInterval(fetchAnew, 60000);
})();
