/// What is run before each health script: it takes away what a script has no business with, and gives back what Lua 5.1,
/// which the scripts are written for, had and 5.4 has not.
enum LuaPrelude {
  /// What ``LuaSource`` puts into concatenations, so that numbers in them are written as 5.1 writes them.
  static let joint = "__muster_joint"

  static let text = #"""
    local error, getmetatable, load, next, rawget, select = error, getmetatable, load, next, rawget, select
    local setmetatable, tonumber, tostring_native, type = setmetatable, tonumber, tostring, type
    local concat, sort, unpack_native = table.concat, table.sort, table.unpack
    local find, format, gmatch, gsub = string.find, string.format, string.gmatch, string.gsub
    local abs, ceil, floor, huge, number_type = math.abs, math.ceil, math.floor, math.huge, math.type
    local exp, log, fmod = math.exp, math.log, math.fmod

    -- A whole number has no fraction; others have the digits that tell them apart.
    local function number_text(number)
      if number_type(number) == "integer" then return format("%d", number) end
      if number ~= number then return "NaN" end
      if number == huge then return "+Inf" elseif number == -huge then return "-Inf" end
      if number == floor(number) and abs(number) < 2^63 then return format("%.0f", number) end
      for digits = 15, 17 do
        local text = format("%." .. digits .. "g", number)
        if tonumber(text) == number then return text end
      end
      return format("%.17g", number)
    end

    function tostring(...)
      local value = ...
      if type(value) == "number" then return number_text(value) end
      return tostring_native(...)
    end

    local function piece(value)
      local kind = type(value)
      if kind == "string" then return value end
      if kind == "number" then return number_text(value) end
      error("attempt to concatenate a " .. kind .. " value", 3)
    end

    -- `a << joint << b`: the joint wraps what is left of it, and the wrap joins both.
    local wrapped = {}
    wrapped.__shl = function(left, right) return piece(left[1]) .. piece(right) end
    local joint = {__metatable = false}
    joint.__shl = function(left)
      local wrap = setmetatable({left}, wrapped)
      return wrap
    end
    __muster_joint = setmetatable({}, joint)

    -- The order of keys is the same in every run.
    local ranks = {number = 1, string = 2, boolean = 3}
    local function before(a, b)
      local first, second = ranks[type(a)] or 4, ranks[type(b)] or 4
      if first ~= second then return first < second end
      if first <= 2 then return a < b end
      if first == 3 then return not a and b end
      return false
    end

    function pairs(t)
      if type(t) ~= "table" then
        error("bad argument #1 to 'pairs' (table expected, got " .. type(t) .. ")", 2)
      end
      local keys, count = {}, 0
      for key in next, t do
        count = count + 1
        keys[count] = key
      end
      sort(keys, before)
      local position = 0
      return function()
        while position < count do
          position = position + 1
          local value = rawget(t, keys[position])
          if value ~= nil then return keys[position], value end
        end
      end, t, nil
    end

    function string.format(pattern, ...)
      local values, count, position = {...}, select("#", ...), 0
      if type(pattern) == "string" then
        for kind in gmatch((gsub(pattern, "%%%%", "")), "%%[-+ #0]*%d*%.?%d*(%a)") do
          position = position + 1
          local value = values[position]
          if type(value) == "number" then
            if kind == "s" then
              values[position] = number_text(value)
            elseif find("dicoxX", kind, 1, true) and number_type(value) == "float" and abs(value) < 2^63 then
              values[position] = value < 0 and ceil(value) or floor(value)
            end
          end
        end
      end
      return format(pattern, unpack_native(values, 1, count))
    end

    function table.concat(list, separator, first, last)
      if type(list) ~= "table" then
        error("bad argument #1 to 'concat' (table expected, got " .. type(list) .. ")", 2)
      end
      local texts = {}
      for position = first or 1, last or #list do
        local value = list[position]
        texts[position] = type(value) == "number" and number_text(value) or value
      end
      return concat(texts, separator, first or 1, last or #list)
    end

    function table.getn(list) return #list end
    function table.maxn(list)
      local most = 0
      for key in next, list do if type(key) == "number" and key > most then most = key end end
      return most
    end
    function table.foreach(t, body)
      for key, value in pairs(t) do
        local result = body(key, value)
        if result ~= nil then return result end
      end
    end
    function table.foreachi(t, body)
      for position = 1, #t do
        local result = body(position, t[position])
        if result ~= nil then return result end
      end
    end
    unpack = unpack_native
    string.gfind = gmatch
    function math.pow(a, b) return a ^ b end
    function math.log10(a) return log(a, 10) end
    function math.ldexp(a, b) return a * 2 ^ b end
    function math.cosh(a) return (exp(a) + exp(-a)) / 2 end
    function math.sinh(a) return (exp(a) - exp(-a)) / 2 end
    function math.tanh(a) local e = exp(2 * a); return (e - 1) / (e + 1) end
    math.mod = fmod

    -- Text only: bytecode could break the machine that runs it.
    function loadstring(text, name)
      if type(text) ~= "string" then error("bad argument #1 to 'loadstring' (string expected)", 2) end
      return load(text, name or "=string", "t")
    end
    _G.load = function(chunk, name, _, environment)
      if environment ~= nil then return load(chunk, name or "=load", "t", environment) end
      return load(chunk, name or "=load", "t")
    end

    dofile, loadfile, warn, string.dump = nil, nil, nil, nil
    function print() end
    function collectgarbage() return 0 end
    os = {time = os.time, date = os.date, difftime = os.difftime, clock = os.clock}
    local modules = {os = os, string = string, table = table, math = math}
    function require(name)
      local found = modules[name]
      if found == nil then error("there is no module '" .. tostring(name) .. "' here", 2) end
      return found
    end
    actionParams = {}
    """#
}
