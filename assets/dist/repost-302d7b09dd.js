"use strict";(()=>{function o(e){let t=document.getElementById("repost");t&&(t.hidden=!0,e(t))}o(e=>e.submit());})();
