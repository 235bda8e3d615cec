-- For wrk: posts one image again and again, and prints what it took as JSON.
-- wrk … -s post.lua URL -- IMAGE [SECONDS between two requests of a connection, on average]

function init(args)
   local file = assert(io.open(args[1], "rb"))
   wrk.body = file:read("*all")
   file:close()
   wrk.method = "POST"
   wrk.headers["Content-Type"] = "image/png"
   pause = tonumber(args[2] or "0") * 1000
   math.randomseed(1)
end

function delay()
   return pause == 0 and 0 or math.random() * 2 * pause
end

function done(summary, latency)
   local bad = summary.errors
   io.write(string.format(
      '{"requests": %d, "seconds": %f, "p50": %f, "p95": %f, "p99": %f, "errors": %d}\n',
      summary.requests, summary.duration / 1e6,
      latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3,
      bad.connect + bad.read + bad.write + bad.status + bad.timeout
   ))
end
