wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"

-- What an import and a report can reach: 完成 and 长期坚持 are reached by a closing alone, and what the tasks call so comes in as 阶段性完成.
states = {"doing", "part", "failed"}
units = {}

local function unit()
  if #units == 0 then for line in io.lines(folder .. "units.txt") do units[#units + 1] = line end end
  return any(units)
end

-- Each finding is changed once, in the version it was loaded with, and then in the next: what a person does who looks before saving.
local taken = nil

local function nextChange()
  if not taken then
    local f = io.open(folder .. "taken.txt")
    taken = f and tonumber(f:read("*a")) or 0
    if f then f:close() end
  end
  local n = taken
  taken = taken + 1
  if taken % 50 == 0 then -- the next run goes on behind what this one may have sent
    local f = io.open(folder .. "taken.txt", "w")
    f:write(taken + 128)
    f:close()
  end
  return ids[n % #ids + 1], 1 + math.floor(n / #ids), n
end

-- A saved form answers with a redirect to what was saved; a redirect to the login is no answer.
function response(status, headers)
  local saved = op == "update" and status == 303 and not (headers["Location"] or ""):find("^/login")
  if not saved and (status < 200 or status > 299) then odd = odd + 1 end
end

function ask(op)
  local r = math.random
  if op == "list" then
    return wrk.format("GET", "/ledger?sort=due&state=" .. any(states) .. "&page=" .. r(1, 20))
  elseif op == "list-unit" then
    return wrk.format("GET", "/ledger?sort=due&unit=" .. unit() .. "&state=" .. any(states) .. "&page=" .. r(1, 2))
  elseif op == "detail" then
    return wrk.format("GET", "/finding/" .. any(ids))
  elseif op == "search" then
    return wrk.format("GET", "/search?q=" .. escape(any(terms)))
  elseif op == "counts" then
    return wrk.format("GET", "/overview")
  elseif op == "update" then
    local id, version, n = nextChange()
    return wrk.format("POST", "/finding/" .. id .. "/progress", nil,
      "version=" .. version .. "&state=" .. any(states) .. "&reason=x&evidence=x&progress=" .. n)
  end
end
