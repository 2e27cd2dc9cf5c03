using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests;

/// <summary>
/// A small room as one member sees it, with its messages and forged ones: what web/sealing is checked against.
/// </summary>
public sealed class InboxVectorTests
{
    [Fact]
    public void Frames_Shipped_AreJudgedAsTheFileSays()
    {
        var file = VectorFile.Read("inbox.json", Make);
        var member = MemberId.Parse(file["member"]!.GetValue<string>());
        var verifier = Read(file);
        var state = verifier.State;
        Assert.Equal(file["genesis"]!.GetValue<string>(), state.Genesis!.ToString());
        Assert.Equal(5, state.LastEpoch);
        Assert.Equal([null, 8, 8, null], new long[] { 4, 5, 8, 9 }.Select(number => state.VoidThrough(member, number)));
        using var key = HpkePrivateKey.Import(Bytes(file["inbox"]!["d"]!));
        Assert.Equal(1, state.KeysOf(member, KeyPurpose.Inbox).Count(logged => logged.Key.Equals(key.PublicKey)));

        var frames = file["frames"]!.AsArray();
        Assert.Equal(33, frames.Count(frame => frame!["expect"]!.GetValue<string>() == "ok"));
        foreach (var item in frames)
        {
            var frame = new MessageFrame(
                item!["header"]!.GetValue<string>(), Bytes(item["ciphertext"]!), [.. item["path"]!.AsArray().Select(hash => ToDigest(hash!))]);
            var refusal = FrameVerifier.Verify(frame, state, member, out var header);
            var expected = item["expect"]!.GetValue<string>();
            Assert.True((refusal == FrameRefusal.None ? "ok" : Kebab(refusal)) == expected, item["what"]!.GetValue<string>());
            if (refusal == FrameRefusal.None)
            {
                var charter = state.CharterAtSize(state.Epoch(header!.Epoch)!.Index)!;
                var place = new MessagePlace(state.Room, member, header.Number, header.Epoch, charter.Simulated);
                Assert.True(MessageSeal.TryOpen(frame.Ciphertext.Span, place, key, charter.Epochs.MessageBytes, out var message));
                Assert.Equal(item["message"]!.GetValue<string>(), Encoding.UTF8.GetString(message.ToBytes(place)));
            }
        }
    }

    [Fact]
    public void Acts_Shipped_AreSealedAsTheFileSays()
    {
        var file = VectorFile.Read("inbox.json");
        var state = Read(file).State;
        var member = MemberId.Parse(file["member"]!.GetValue<string>());
        var key = state.CurrentKey(member, KeyPurpose.Record)!;
        var acts = file["acts"]!.AsArray();
        Assert.Equal(10, acts.Count);
        foreach (var item in acts)
        {
            var kind = ActRules.Words[item!["kind"]!.GetValue<string>()];
            Assert.True(RoomAct.TryParse(Encoding.UTF8.GetBytes(item["act"]!.GetValue<string>()), kind, out var act, out _));
            var about = item["about"] is { } request ? EntryId.Parse(request.GetValue<string>()) : (EntryId?)null;
            var entry = ActSeal.Seal(act, state.Room, EntryId.Parse(item["id"]!.GetValue<string>()), member, about, key, Bytes(item["seed"]!));
            Assert.Equal(Bytes(item["sealed"]!), entry.Sealed.ToArray());
        }

        var logged = state.Acts.Where(act => act.Entry.Author == member).ToList();
        Assert.Equal(["decision r1 true", "answer r2 true", "decision r2 false", "emergency p1 true", "facts r1 true"], logged.Select(act => $"{ActRules.WordOf(act.Entry.Kind)} {act.Person} {(act.Counts ? "true" : "false")}"));
    }

    private static LogVerifier Read(JsonNode file)
    {
        var verifier = new LogVerifier(RoomId.Parse(file["room"]!.GetValue<string>()));
        foreach (var item in file["log"]!.AsArray())
        {
            if (item!["leaf"] is { } leaf)
            {
                Assert.NotEqual(EntryEffect.Ignored, verifier.Append(Encoding.ASCII.GetBytes(leaf.GetValue<string>())).Effect);
            }
            else if (item["hash"] is { } hash)
            {
                verifier.AppendHash(ToDigest(hash));
            }
            else
            {
                Assert.True(SignedCheckpoint.TryParse(item["checkpoint"]!.GetValue<string>(), out var note));
                Assert.True(verifier.TryAccept(note, out _, out var refusal), refusal.ToString());
            }
        }

        return verifier;
    }

    private static JsonObject Make()
    {
        using var room = new TestRoom(new EmergencyTerms(3, [MemberId.Parse("d-agency")])).Running();
        var log = new JsonArray();
        var shown = 0;
        var frames = new JsonArray();
        Show();
        var first = Epoch(room, 1, 1, Pointer(named: true), ReviewItem());
        Show();
        Add(first);
        var good = first[1].Frame;
        var firstKey = room.Instance;

        var second = room.NextInstance();
        room.Accept(room.InstanceOf(2, second), second);
        foreach (var member in (TestMember[])[room.A, room.C])
        {
            room.Accept(room.ReleaseOf(member, 2), member.Verifier);
        }

        Add(Epoch(room, 2, 5, Pointer(named: false), AgencyNotice()));
        Show();
        Forge("signed again by a later trusted instance", "ok", header => (header with { Generation = 2 }, second), first[1].Message);
        Forge("header is no JWS", "malformed", null, frame: good with { Header = "x" });
        Forge("another room", "other-recipient", header => (header with { Room = RoomId.From(Guid.NewGuid()) }, firstKey));
        Forge("another member", "other-recipient", header => (header with { Recipient = room.B.Id }, firstKey));
        Forge("an epoch that is not in the log", "unknown-epoch", header => (header with { Epoch = 9 }, firstKey));
        Forge("signed by the operator", "wrong-signer", header => (header, room.Operator));
        Forge("an earlier instance than the one that ended the epoch", "wrong-signer", header => (header with { Epoch = 2, Number = 5 }, firstKey));
        Forge("a generation that nobody released keys to", "wrong-signer", header => (header with { Generation = 4 }, second));
        Forge("another charter", "wrong-charter", header => (header with { Charter = Digest.Of("x"u8) }, firstKey));
        Forge("a number of the next epoch", "wrong-number", header => (header with { Number = 5 }, firstKey));
        Forge("another ciphertext than the one signed", "wrong-ciphertext", null, frame: good with { Ciphertext = first[2].Frame.Ciphertext });
        Forge("another number of the epoch", "not-in-epoch", header => (header with { Number = 3 }, firstKey));
        Forge("the path of another message", "not-in-epoch", null, frame: good with { Path = first[2].Frame.Path });
        Forge("no path", "not-in-epoch", null, frame: good with { Path = [] });

        var (request, acts) = Acts(room);

        // A second version of the charter, and an epoch under it, with which granted fields leave.
        var draft = CharterDraft.After(room.Genesis).Set(room.Genesis.Epochs with { SlotsPerMember = 8 }).SetQueries(room.Genesis.Queries.Select(query => query.Id switch
        {
            "Q3" => query.WithFacts(FactsRule.Offered),
            "Q6" => query.WithFacts(FactsRule.Automatic),
            _ => query,
        }));
        var next = TestRoom.Build(draft);
        room.Accept(new CharterEntry(room.Room, TestRoom.NewId(), room.Steward.Id, TestRoom.Approved(next, room.Contributors)), room.Steward.Organisation);
        var third = room.NextInstance();
        room.Accept(room.InstanceOf(3, third), third);
        foreach (var member in room.WithBroker)
        {
            room.Accept(room.ReleaseOf(member, 3), member.Verifier);
        }

        // Those of the second epoch count as never handed over: whoever has them keeps them, whoever lacks them reads on.
        Add(Epoch(room, 3, 9, [request], [new VoidMessages(2, room.A.Id)], Disclosures(request)));
        Show();

        // Between the epochs: an emergency that two people with two roles have signed.
        using var lead = room.Person(room.A, "s1", PersonRoles.Safeguarding);
        var danger = room.Act(room.A, ActKind.Emergency);
        room.Accept(danger, room.A.Approver);
        room.Accept(room.Confirm(room.A, danger), lead);
        Add(Epoch(room, 4, 17, [], [], Emergencies(danger.Id), [danger.Id]));
        Show();

        // Facts that follow a notice: what two of the reader's own people have given, and what a rule gives.
        var rule = TestRoom.NewId();
        Add(Epoch(room, 5, 25, [Given(room, acts)], [], Facts(rule), automatic: [rule]));
        Show();
        var scalar = new byte[HpkePrivateKey.Size];
        room.A.Inbox.Export(scalar);
        var inbox = room.A.Inbox.PublicKey.ToJwk();
        inbox["d"] = StrictBase64.EncodeUrl(scalar);
        return new JsonObject
        {
            ["about"] = "Made by InboxVectorTests: a simulated room as one member sees it. The keys are test keys and open nothing else.",
            ["room"] = room.Room.ToString(),
            ["genesis"] = room.Genesis.Hash.ToString(),
            ["member"] = room.A.Id.Value,
            ["inbox"] = inbox,
            ["log"] = log,
            ["frames"] = frames,
            ["acts"] = acts,
        };

        void Show()
        {
            for (; shown < room.Leaves.Count; shown++)
            {
                var leaf = room.Leaves[shown];
                Assert.True(SignedEntry.TryParse(leaf, out var entry, out _));
                log.Add(entry.Entry.IsPublic || entry.Entry.Author == room.A.Id
                    ? new JsonObject { ["leaf"] = Encoding.ASCII.GetString(leaf) }
                    : new JsonObject { ["hash"] = StrictBase64.EncodeUrl(entry.LeafHash.Span) });
            }

            log.Add(new JsonObject { ["checkpoint"] = room.Cosigned().ToText() });
        }

        void Add(IEnumerable<(MessageFrame Frame, string Message)> epoch)
        {
            foreach (var (frame, message) in epoch)
            {
                frames.Add(Frame("as the enclave made it", "ok", frame, message));
            }
        }

        void Forge(string what, string expect, Func<FrameHeader, (FrameHeader, SigningKey)>? change, string? message = null, MessageFrame? frame = null)
        {
            if (change is not null)
            {
                Assert.True(FrameHeader.TryParse(good.Header, out var header, out _));
                var (changed, key) = change(header);
                frame = good with { Header = changed.Sign(key) };
            }

            frames.Add(Frame(what, expect, frame!, message));
        }
    }

    /// <summary>An agency's request, and what the reader's own people do about it and otherwise: signed twice, signed once where once is enough, waiting.</summary>
    private static (EntryId Request, JsonArray Acts) Acts(TestRoom room)
    {
        using var first = room.Person(room.Agency, "o1", PersonRoles.Officer);
        using var second = room.Person(room.Agency, "o2", PersonRoles.Officer);
        using var releaser = room.Person(room.A, "r1", PersonRoles.Releaser);
        using var other = room.Person(room.A, "r2", PersonRoles.Releaser);
        var request = room.Act(room.Agency, ActKind.Request);
        room.Accept(request, first);
        room.Accept(room.Confirm(room.Agency, request), second);
        var made = new JsonArray();
        var decision = Make(new RoomAct.DisclosureDecision(["suspects.names", "vehicles"], "NotNecessary"), request.Id);
        room.Accept(decision, releaser);
        room.Accept(room.Confirm(room.A, decision), other);
        room.Accept(Make(new RoomAct.MatchAnswer(Reference("review"), MatchVerdict.Release), null), other);
        room.Accept(Make(new RoomAct.DisclosureDecision([], "PersonRefuses"), request.Id), other);
        _ = Make(new RoomAct.DisclosureOutcome("EnquiryOpened"), request.Id);
        _ = Make(
            new RoomAct.DisclosureRequest(
                Reference("notice"), room.B.Id, "Code of procedure, section 12 \u0e01", "investigation-of-traffickers", "77/2026", ["suspects.identifiers", "vehicles"], TestRoom.Start.AddDays(20)),
            null);
        var search = new RoomAct.WatchRequest(
            "Q18", "1.0.0", new WatchSubject("phone", "+66 81 234 5678"), "trafficking", "criminal-investigation", "investigation-of-traffickers", "77/2026", null);
        _ = Make(search, null);
        _ = Make(search with { Query = "Q19", Subject = new WatchSubject("vehicle", "1\u0e01\u0e02 1234 \u0e01\u0e23\u0e38\u0e07\u0e40\u0e17\u0e1e\u0e21\u0e2b\u0e32\u0e19\u0e04\u0e23", "THA"), Expires = TestRoom.Start.AddDays(30) }, null);
        _ = Make(new RoomAct.Emergency(Guid.Parse("11111111-2222-4333-8444-555555555555"), room.Agency.Id, new Warning("Expected", "WithinHours", "THA", null)), null);
        _ = Make(new RoomAct.WatchWithdrawal(EntryId.Parse("0a273916-6529-4741-8ae4-d12fc99f6115")), null);
        return (request.Id, made);

        ActEntry Make(RoomAct act, EntryId? about) => Sealed(room, made, act, about);
    }

    /// <summary>What two releasers of the reader's give of what they were offered to give.</summary>
    private static EntryId Given(TestRoom room, JsonArray made)
    {
        using var first = room.Person(room.A, "r1", PersonRoles.Releaser);
        using var second = room.Person(room.A, "r2", PersonRoles.Releaser);
        var entry = Sealed(room, made, new RoomAct.OfferedRelease(Reference("one"), room.Agency.Id, ["suspects.identifiers"], NamesDesk: true), null);
        room.Accept(entry, first);
        room.Accept(room.Confirm(room.A, entry), second);
        return entry.Id;
    }

    private static ActEntry Sealed(TestRoom room, JsonArray made, RoomAct act, EntryId? about)
    {
        var seed = SHA($"seed {made.Count}");
        var entry = ActSeal.Seal(act, room.Room, TestRoom.NewId(), room.A.Id, about, room.State.CurrentKey(room.A.Id, KeyPurpose.Record)!, seed);
        var json = new JsonObject { ["kind"] = ActRules.WordOf(act.Kind), ["id"] = entry.Id.ToString(), ["act"] = Encoding.UTF8.GetString(act.ToBytes()) };
        if (about is { } of)
        {
            json["about"] = of.ToString();
        }

        json["seed"] = StrictBase64.EncodeUrl(seed);
        json["sealed"] = StrictBase64.EncodeUrl(entry.Sealed.Span);
        made.Add(json);
        return entry;
    }

    private static RoomMessage[] Facts(EntryId rule) =>
    [
        new RoomMessage.Offer(Reference("one"), "SamePhone", MemberId.Parse("d-agency"), "A-017 \u0e01\u0e32 \"<b>\"", ["exploitation.types", "suspects.identifiers"], TestRoom.Start.AddDays(30)),
        new RoomMessage.Offer(Reference("car"), "SameVehicle", MemberId.Parse("d-agency"), "A-020", ["vehicles"], TestRoom.Start.AddDays(180)) { Given = true },
        new RoomMessage.NoticeFacts(
            rule, Reference("notice"), "SameVehicle", 1, 1, "2", null, "2 D C", [new RoomMessage.Fact("vehicles", "white <b>van</b>")], ["NO_IMMIGRATION"], TestRoom.Start.AddDays(30), TestRoom.Start.AddDays(180)),
        new RoomMessage.NoticeFacts(
            TestRoom.NewId(), Reference("notice"), "SameVehicle", 1, 2, "single source", new Desk(MemberId.Parse("b-contributor"), "desk@b-contributor.example.org"), "2 D C", [], [], TestRoom.Start.AddDays(30),
            TestRoom.Start.AddDays(180)),
    ];

    private static RoomMessage[] Emergencies(EntryId emergency) =>
    [
        new RoomMessage.EmergencyAnswer(emergency, MemberId.Parse("d-agency"), "A-017 \u0e01\u0e32 \"<b>\"", EmergencyState.Sent, null),
        new RoomMessage.EmergencyAnswer(TestRoom.NewId(), MemberId.Parse("d-agency"), "A-019", EmergencyState.Refused, "QuotaUsed"),
        new RoomMessage.Emergency(
            emergency, new Warning("Present", "Now", "THA", "TH-50"), Child: true, new Desk(MemberId.Parse("b-contributor"), "desk@b-contributor.example.org"), ["CHILD", "NO_IMMIGRATION"],
            TestRoom.Start.AddDays(30)),
        new RoomMessage.Emergency(
            TestRoom.NewId(), new Warning("LastSeen", "WithinADay", "KHM", null), Child: false, new Desk(MemberId.Parse("b-contributor"), "desk@b-contributor.example.org"), ["NO_IMMIGRATION"],
            TestRoom.Start.AddDays(30)),
    ];

    private static RoomMessage[] Disclosures(EntryId request) =>
    [
        new RoomMessage.Withdrawn(Reference("one"), null),
        new RoomMessage.Withdrawn(null, request),
        new RoomMessage.Request(
            request, MemberId.Parse("d-agency"), "A-017", "Code of procedure, section 12", "investigation-of-traffickers", "77/2026", ["suspects.names", "vehicles"], TestRoom.Start.AddDays(20), true),
        new RoomMessage.Status(request, DisclosureState.PartlyGranted, "NotNecessary", TestRoom.Start.AddDays(30)),
        new RoomMessage.Disclosed(
            request, 1, 2, new Desk(MemberId.Parse("b-contributor"), "desk@b-contributor.example.org"), "investigation-of-traffickers", "77/2026",
            [new RoomMessage.Fact("suspects.names", "Hia <b>Chai</b>"), new RoomMessage.Fact("vehicles", "white van")], ["INTEL_ONLY"], TestRoom.Start.AddDays(60)),
        new RoomMessage.Outcome(request, MemberId.Parse("d-agency"), "A-017", "EnquiryOpened"),
        new RoomMessage.Ending([new("A-017", ["C3_TELL_NGO", "C5_LE_NONIDENT"], TestRoom.Start.AddDays(14)), new("A-018", ["C2_BLIND_MATCH"], TestRoom.Start.AddDays(60))]),
    ];

    private static JsonObject Frame(string what, string expect, MessageFrame frame, string? message)
    {
        var json = new JsonObject
        {
            ["what"] = what,
            ["expect"] = expect,
            ["header"] = frame.Header,
            ["ciphertext"] = StrictBase64.EncodeUrl(frame.Ciphertext.Span),
            ["path"] = new JsonArray([.. frame.Path.Select(hash => (JsonNode)StrictBase64.EncodeUrl(hash.Span))]),
        };
        if (message is not null)
        {
            json["message"] = message;
        }

        return json;
    }

    private static List<(MessageFrame Frame, string Message)> Epoch(TestRoom room, long epoch, long first, params RoomMessage[] news) => Epoch(room, epoch, first, [], [], news);

    private static List<(MessageFrame Frame, string Message)> Epoch(TestRoom room, long epoch, long first, IReadOnlyList<EntryId> disclosed, IReadOnlyList<VoidMessages> without, RoomMessage[] news, IReadOnlyList<EntryId>? emergencies = null, IReadOnlyList<EntryId>? automatic = null)
    {
        var charter = room.State.Charter!;
        var checkpoint = room.Cosigned();
        var last = first + charter.Epochs.SlotsPerMember - 1;
        List<RoomMessage> messages = [new RoomMessage.Head(emergencies is null, LogPosition.Of(checkpoint.Checkpoint), last), .. news];
        while (messages.Count < charter.Epochs.SlotsPerMember)
        {
            messages.Add(new RoomMessage.Empty());
        }

        using var secret = new SecretBytes(SHA(room.Room.ToString()));
        var made = messages.Select((message, i) =>
        {
            var place = new MessagePlace(room.Room, room.A.Id, first + i, epoch, charter.Simulated);
            return (Place: place, Ciphertext: MessageSeal.Seal(message, place, room.A.Inbox.PublicKey, charter.Epochs.MessageBytes, secret), Text: Encoding.UTF8.GetString(message.ToBytes(place)));
        }).ToList();
        var tree = new EpochTree(made.Select(item => Digest.Of(item.Ciphertext)));
        var entry = room.EpochOf(epoch, checkpoint, first, tree.Root);
        room.Accept(entry with { Recipients = [.. entry.Recipients.Select(recipient => recipient with { Last = last })], Automatic = automatic ?? [], Disclosed = disclosed, Void = without, Evaluated = emergencies is null, Emergencies = emergencies ?? [] }, room.Instance);
        var generation = room.State.CurrentInstance!.Generation;
        return
        [
            .. made.Select((item, i) => (
                new MessageFrame(
                    new FrameHeader(room.Room, generation, room.A.Id, item.Place.Number, epoch, Digest.Of(item.Ciphertext), charter.Hash).Sign(room.Instance), item.Ciphertext, tree.Path(i)),
                item.Text)),
        ];
    }

    private static RoomMessage.MatchPointer Pointer(bool named) => new(
        Reference(named ? "one" : "other"), "SamePersonVictim", MatchStrength.Strong, "A-017 \u0e01\u0e32 \"<b>\"",
        named ? new Desk(MemberId.Parse("b-contributor"), "desk@b-contributor.example.org") : null, named ? "2026-Q3" : "", ["NO_LE", "SOURCE_PROTECTION"], !named,
        TestRoom.Start.AddDays(90));

    private static RoomMessage.Review ReviewItem() => new(
        Reference("review"), "SamePhone", MatchStrength.Probable, "A-018", ["name", "phone"], ["SMALL_COMMUNITY"], ChildProtection: true, SafeguardingOnly: false, TestRoom.Start.AddDays(30));

    private static RoomMessage.Notice AgencyNotice() => new(
        Reference("notice"), "SameVehicle", MatchStrength.Exact, ["KHM", "THA"], "3-5", [new Desk(MemberId.Parse("b-contributor"), "desk@b-contributor.example.org")], "B2", ["INTEL_ONLY"],
        TestRoom.Start.AddDays(180), TestRoom.Start.AddDays(7));

    private static string Reference(string text) => StrictBase64.EncodeUrl(SHA(text).AsSpan(0, MatchReference.Size));

    private static byte[] SHA(string text) => System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(JsonNode text) => StrictBase64.TryDecodeUrl(text.GetValue<string>(), out var bytes) ? bytes : throw new FormatException("No base64url.");

    private static Digest ToDigest(JsonNode text) => Digest.TryFromBytes(Bytes(text), out var digest) ? digest : throw new FormatException("No digest.");

    private static string Kebab(FrameRefusal refusal) => string.Concat(refusal.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
}
