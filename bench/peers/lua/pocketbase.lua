local base = "/api/collections/tasks/records"

wrk.headers["Content-Type"] = "application/json"

local function page(filter, last, more)
  return wrk.format("GET", base .. "?perPage=50&sort=due&page=" .. math.random(1, last) .. "&filter=" .. escape(filter) .. (more or ""))
end

function ask(op)
  local r = math.random
  if op == "list" then
    return page("status=" .. r(1, 5), 20)
  elseif op == "list-no-total" then
    return page("status=" .. r(1, 5), 20, "&skipTotal=1")
  elseif op == "list-unit" then
    return page("unit=" .. r(1, 60) .. " && status=" .. r(1, 5), 2)
  elseif op == "detail" then
    return wrk.format("GET", base .. "/" .. any(ids))
  elseif op == "search" then
    local t = any(terms)
    return wrk.format("GET", base .. "?perPage=50&filter=" .. escape("title~'" .. t .. "' || body~'" .. t .. "'"))
  elseif op == "counts" then
    return wrk.format("GET", "/api/collections/counts/records?perPage=500&skipTotal=1")
  elseif op == "update" then
    return wrk.format("PATCH", base .. "/" .. any(ids), nil, '{"status":' .. r(1, 5) .. '}')
  elseif op == "create" then
    created = created + 1
    return wrk.format("POST", base, nil, '{"title":"新增整改事项' .. created .. '","body":"严格落实主体责任；逐户逐人入户核查；核查低保发放情况；形成闭环管理；","unit":' .. r(1, 60) .. ',"status":1,"due":"2026-12-01"}')
  end
end
