-- The part of the wrk script that all peers share; the peer's own script, put
-- after it, defines ask(op), which returns wrk.format(...).
-- Arguments: operation, file of ids, name and value of the session's header.
terms = {"高龄津贴", "低保", "死亡", "医疗救助", "套取", "危房改造", "临时救助"}
ids = {}
created = 0

function escape(s) return (s:gsub("[^%w]", function(c) return string.format("%%%02X", c:byte()) end)) end
function any(list) return list[math.random(1, #list)] end

op = nil
local threads = {}
odd = 0

function init(args)
  op = args[1]
  folder = args[2]:match("(.*/)")
  for line in io.lines(args[2]) do ids[#ids + 1] = line end
  wrk.headers[args[3]] = args[4]
  math.randomseed(os.time() + tonumber(tostring({}):match("0x(%x+)"), 16) % 100000)
end

function request() return ask(op) end

-- wrk lets a redirect pass for an answer; a lost session must not count.
function response(status) if status < 200 or status > 299 then odd = odd + 1 end end

function setup(thread) table.insert(threads, thread) end

function done(summary, latency)
  local refused = 0
  for _, t in ipairs(threads) do refused = refused + t:get("odd") end
  local e = summary.errors
  io.write(string.format('\nRESULT {"requests":%d,"micros":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    refused, e.connect + e.read + e.write + e.timeout))
end
