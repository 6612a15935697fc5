-- The policy zone of `cleanfeed` for Knot Resolver 5: read, checked as a whole, read again when it changes. The zone before stays in force
-- where the file has a fault or no end. Reads the form that `cleanfeed` writes, and no other: CNAME ., CNAME *., rpz-passthru, A, AAAA.
--
-- Why not policy.rpz: with 1,000,000 names it holds the process for nine seconds at each change and answers nobody; it takes what it
-- read before a fault for the whole zone; what it answers is kept by clients for three hours. docs/dns/knot-resolver.md has the figures.

local ffi = require('ffi')
local bit = require('bit')

local PIECE = 1000
local ACTIONS = { ['\0'] = 'block', ['\1*\0'] = 'nodata', ['\12rpz-passthru\0'] = 'pass' }
-- Owner of the SOA of an answer: the zone. Serial 1, refresh and retry a minute, expire a week, and the time that clients keep the answer.
local SOA = '\9localhost\0\10hostmaster\9localhost\0\0\0\0\1\0\0\0\60\0\0\0\60\0\9\58\128\0\0\0\60'
local TTL = 60

-- A and AAAA of one name, or none of a type: NODATA. No records at all: NXDOMAIN where `rcode` says so.
local function answer(zone, rcode, records)
	return function(_, req)
		local packet = req:ensure_answer()
		if packet == nil then return nil end
		packet:clear_payload()
		req:ensure_edns()
		ffi.C.kr_pkt_make_auth_header(packet)
		packet:rcode(rcode)
		req:set_extended_error(kres.extended_error.BLOCKED, '')
		local query = req:current()
		local data = records[query.stype]
		if data == nil then
			packet:begin(kres.section.AUTHORITY)
			packet:put(zone, TTL, kres.class.IN, kres.type.SOA, SOA)
		else
			packet:begin(kres.section.ANSWER)
			for _, rdata in ipairs(data) do packet:put(query.sname, TTL, kres.class.IN, query.stype, rdata) end
		end
		return kres.DONE
	end
end

-- Many tables instead of one: one of millions would be enlarged in a single step that lasts as long as a lost answer.
local SHARDS = 4096
local function shard_of(name)
	local a, b, c, d = name:byte(2, 5)
	return bit.band((a or 0) * 7 + (b or 0) * 131 + (c or 0) * 517 + (d or 0) * 2053 + #name * 31, SHARDS - 1)
end

-- Returns the rules of the whole file, or nil and what is wrong with it. `pause` is called after each piece.
local function read(path, pause)
	local parser = require('zonefile').new()
	local ok, fault = parser:open(path)
	if not ok then return nil, fault end
	local shards, known, count, has_soa = {}, {}, 0, false
	for at = 0, SHARDS - 1 do shards[at] = {} end
	local zone, owner, records, key

	local function wrong(what) return nil, string.format('line %d: %s', tonumber(parser.line_counter), what) end
	-- Equal actions of all names are one. Returns whether the name has no other.
	local function put(name, id, make)
		local action, shard = known[id], shards[shard_of(name)]
		if action == nil then
			action = make()
			known[id] = action
		end
		if shard[name] ~= nil and shard[name] ~= action then return false end
		shard[name] = action
		return true
	end
	-- The addresses of one name stand together.
	local function close()
		local name, data = owner, records
		owner = nil
		return name == nil or put(name, key, function() return answer(zone, kres.rcode.NOERROR, data) end)
	end

	while true do
		ok, fault = parser:parse()
		if fault ~= nil then return wrong(fault) end
		if not ok then break end
		zone = zone or ffi.string(parser.zone_origin, parser.zone_origin_length)
		local length = parser.r_owner_length - #zone
		local name = ffi.string(parser.r_owner, parser.r_owner_length):lower()
		if length < 0 or name:sub(length + 1) ~= zone then return wrong('a name outside of the zone') end
		name = name:sub(1, length) .. '\0'
		local type, rdata = parser.r_type, ffi.string(parser.r_data, parser.r_data_length)
		if name ~= owner and not close() then return wrong('a name with two policies') end
		if type == kres.type.CNAME then
			local id = ACTIONS[rdata]
			if id == nil then return wrong('an unknown policy') end
			if owner ~= nil or not put(name, id, function()
				if id == 'pass' then return 'pass' end
				return answer(zone, id == 'block' and kres.rcode.NXDOMAIN or kres.rcode.NOERROR, {})
			end) then return wrong('a name with two policies') end
		elseif type == kres.type.A or type == kres.type.AAAA then
			if owner == nil then owner, records, key = name, {}, '' end
			records[type] = records[type] or {}
			table.insert(records[type], rdata)
			key = key .. type .. rdata
		elseif type == kres.type.SOA then
			has_soa = true
		elseif type ~= kres.type.NS then
			return wrong('a type that is no policy')
		end
		count = count + 1
		if count % PIECE == 0 then pause() end
	end
	if not close() then return wrong('a name with two policies') end
	if not has_soa then return nil, 'no SOA: the file is no whole zone' end
	return shards
end

-- `path`: of the zone file. At the start the file must be sound, or the resolver does not start.
return function(path)
	local notify = require('cqueues.notify')
	local folder, file = path:match('^(.*)/([^/]+)$')
	local function watch()
		local watcher, reason = notify.opendir(folder)
		-- A folder on the way that lets this user not in is the usual reason.
		if watcher == nil then error(string.format('%s cannot be watched: %s', folder, require('cqueues.errno').strerror(reason))) end
		watcher:add(file, bit.bor(notify.CREATE, notify.MODIFY))
		return watcher
	end
	-- Watched before it is read: a change in between is not missed.
	local watcher = watch()

	local shards, fault = read(path, function() end)
	if shards == nil then error(string.format('%s: %s', path, fault)) end

	local function read_again()
		local changed, reason = read(path, function() worker.sleep(0) end)
		if changed ~= nil then
			shards = changed
		else
			log_error(ffi.C.LOG_GRP_POLICY, 'policy zone not read, the one before stays: %s', reason)
		end
	end

	-- An error ends no watching: it is told, and a second later the folder is watched anew and the file read, which may have changed meanwhile.
	worker.coroutine(function()
		while true do
			local _, reason = pcall(function()
				if watcher == nil then
					watcher = watch()
					read_again()
				end
				for _, name in watcher:changes() do
					if name == file then read_again() end
				end
			end)
			watcher = nil
			log_error(ffi.C.LOG_GRP_POLICY, 'policy zone not watched, tried again in a second: %s', tostring(reason or 'it ended'))
			worker.sleep(1)
		end
	end)

	return function(_, query)
		local name = query:name()
		local action = shards[shard_of(name)][name]
		while action == nil and #name > 1 do
			name = name:sub(name:byte() + 2)
			local wildcard = '\1*' .. name
			action = shards[shard_of(wildcard)][wildcard]
		end
		-- What is excepted goes on to the rules behind this one, as any other name.
		if action ~= 'pass' then return action end
		return nil
	end
end
