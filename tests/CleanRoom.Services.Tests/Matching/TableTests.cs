using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Charter.Tables;
using CleanRoom.Cryptography;
using CleanRoom.Linkage.Models;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;
using CleanRoom.Matching.Release;
using CleanRoom.Records.V1;
using Google.Protobuf;
using Person = CleanRoom.Records.V1.Person;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Tables of counts: what is counted, when it leaves, to whom, and what two releases tell together (T6).</summary>
public sealed class TableTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Due = new(2026, 10, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Next = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly MemberId[] Owners = [.. new[] { "alpha", "bravo", "charlie" }.Select(MemberId.Parse)];
    private static readonly MemberId Police = MemberId.Parse("police");
    private static readonly MemberId Prosecutor = MemberId.Parse("prosecutor");
    private static readonly QueryDefinition Sectors = new("G1", "1.0.0", [], MatchStrength.Exact, 3, null, TellsContributors: true, new AgencyTell(["prosecutor"], JurisdictionRule.Any))
    {
        Kind = QueryKind.Aggregate,
        Table = new TableTerms(["country", "sector"], TablePeriod.Quarter, 11, 3, 70, 5),
    };

    private readonly Dictionary<MemberId, SigningKey> _organisations = [];
    private readonly RecordShelf _shelf = new(RoomModel.Shipped, 10_000);
    private readonly KeyRing _keys = OutboxTests.KeysOf(Owners);
    private readonly RoomState _state;
    private readonly Outbox _outbox;
    private int _index;

    public TableTests()
    {
        _state = OutboxTests.MakeState([Sectors], keys: _organisations);
        _outbox = new Outbox(_state.Room);
    }

    [Fact]
    public void WhatIsDue_CountsEachPersonOnce_AndGoesToWhomTheCharterNames()
    {
        Fill(11);
        // Thirteen records of twelve persons: 13 would be shown as 15.
        Put(0, Of("A_AgricultureForestryAndFishing", "Sreyneang Sok"));
        Put(1, Of("A_AgricultureForestryAndFishing", "SOK Sreyneang"));
        Epoch(Start);
        Assert.Empty(Told(Owners[0], Due.AddSeconds(-1)));
        Epoch(Due);
        var table = Assert.Single(Told(Owners[0], Due));
        Assert.Equal(("G1", "1.0.0", 1, 1), (table.Query, table.Version, table.Part, table.Parts));
        Assert.Equal(new DateTimeOffset(2026, 7, 1, 0, 0, 0, TimeSpan.Zero), table.Until);
        Assert.Equal([("", 10), ("THA", 10), ("THA A_AgricultureForestryAndFishing", 10)], table.Rows.Select(row => (string.Join(' ', row.Values), row.Count)));
        Assert.Single(Told(Owners[1], Due));
        Assert.Single(Told(Owners[2], Due));
        Assert.Single(Told(Prosecutor, Due));
        Assert.Empty(Told(Police, Due));
        Epoch(Next);
        Assert.All((MemberId[])[.. Owners, Prosecutor], member => Assert.All(Told(member, Next), later => Assert.Empty(later.Rows)));
    }

    /// <summary>The attack: the same table twice, with one person more or less in between; whoever subtracts them has that person.</summary>
    [Theory]
    [InlineData("one more")]
    [InlineData("one withdrawn")]
    [InlineData("one takes her consent back")]
    [InlineData("one agrees anew")]
    [InlineData("one record comes again, changed")]
    public void TwoReleases_ThatDifferInOnePerson_HaveNobodyInCommon(string what)
    {
        Fill(30);
        var late = Put(1, Of("C_Manufacturing", purposes: ["C2_BLIND_MATCH"]));
        var known = Put(2, Of("C_Manufacturing"));
        Epoch(Start);
        Epoch(Due);
        var first = Assert.Single(Told(Owners[0], Due)).Rows;
        Assert.Equal(30, first[0].Count);
        switch (what)
        {
            case "one more":
                _ = Put(0, Of("C_Manufacturing"));
                break;
            case "one withdrawn":
                _shelf.Withdraw(_index, 0);
                break;
            case "one takes her consent back":
                Assert.True(_shelf.Change(Owners[2], new RoomAct.ConsentChange(known, "C1_AGGREGATE", false, null, "", [], [])));
                break;
            case "one agrees anew":
                Assert.True(_shelf.Change(Owners[1], new RoomAct.ConsentChange(late, "C1_AGGREGATE", true, Start.AddYears(2), "1", [], [])));
                _shelf.WidenConsents();
                break;
            default:
                var changed = Of("F_Construction");
                changed.RecordId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray(bigEndian: true));
                changed.Supersedes = ByteString.CopyFrom(known.ToByteArray(bigEndian: true));
                OutboxTests.Put(_shelf, _state.Room, Owners[2], ++_index, changed);
                break;
        }

        Epoch(Due.AddDays(1));
        Assert.Empty(Told(Owners[0], Due.AddDays(1)));
        Epoch(Next);
        Epoch(Next.AddMonths(3));
        Assert.All(Told(Owners[0], Next.AddMonths(3)), later => Assert.Empty(later.Rows));
    }

    [Theory]
    [InlineData("no consent to be counted")]
    [InlineData("consent that has ended")]
    [InlineData("no consent to be compared")]
    [InlineData("found not to be trafficked")]
    [InlineData("looked for")]
    [InlineData("came after the end of the period")]
    [InlineData("not evaluated yet")]
    public void ThreePersons_WhoAreNotCounted_LeaveTheRestBelowWhatIsShown(string what)
    {
        Fill(9);
        for (var i = 0; i < 3; i++)
        {
            var record = Of("C_Manufacturing");
            switch (what)
            {
                case "no consent to be counted":
                    record = Of("C_Manufacturing", purposes: ["C2_BLIND_MATCH"]);
                    break;
                case "consent that has ended":
                    record.Consents.Single(consent => consent.Purpose == "C1_AGGREGATE").ExpiresDay = (int)(Due - DateTimeOffset.UnixEpoch).TotalDays;
                    break;
                case "no consent to be compared":
                    record = Of("C_Manufacturing", purposes: ["C1_AGGREGATE"]);
                    break;
                case "found not to be trafficked":
                    record.Determination = new Determination { Status = "NotAVictimOfTrafficking" };
                    break;
                case "looked for":
                    record.Persons[0].Role = "MissingPerson";
                    break;
                default:
                    if (i == 0)
                    {
                        Epoch(Start);
                    }

                    break;
            }

            _ = Put(i, record);
        }

        Epoch(what == "came after the end of the period" ? Due.AddMonths(-2) : Start, evaluated: what != "not evaluated yet");
        Epoch(Due, evaluated: false);
        var told = Told(Owners[0], Due);
        Assert.Equal(new DateTimeOffset(2026, 7, 1, 0, 0, 0, TimeSpan.Zero), told[^1].Until);
        Assert.All(told, table => Assert.Empty(table.Rows));
    }

    [Fact]
    public void WordsOfARecord_AreInNoTable()
    {
        Fill(12, "Sommut's shed behind the market");
        Epoch(Start);
        Epoch(Due);
        Assert.Equal([("", 10), ("THA", 10), ("THA Unknown", 10)], Assert.Single(Told(Owners[0], Due)).Rows.Select(row => (string.Join(' ', row.Values), row.Count)));
    }

    [Fact]
    public void WhatTheLogDoesNotBind_IsNotToldAnyMore()
    {
        Fill(30);
        Epoch(Start);
        Epoch(Due);
        Assert.Single(Told(Owners[0], Due));
        _outbox.PutBack(Owners[0]);
        Assert.Empty(Told(Owners[0], Due));
        Assert.Empty(Told(Owners[1], Due));
    }

    [Fact]
    public void WhatWasReleasedInEntriesThatAreLost_IsNotReleasedAgain()
    {
        Fill(30);
        Epoch(Start);
        OutboxTests.Lose(_state, _organisations, until: Due.AddDays(1));
        Epoch(Due.AddDays(1));
        Assert.Empty(Assert.Single(Told(Owners[0], Due.AddDays(1))).Rows);
    }

    [Fact]
    public void AHostClockThatIsAhead_BringsNoReleaseForward()
    {
        Fill(30);
        Epoch(Start);
        Epoch(Start.AddDays(1), expiring: Due.AddYears(1));
        Assert.Empty(Told(Owners[0], Start.AddDays(1)));
    }

    [Fact]
    public void MoreRowsThanFit_ComeInPartsOfTheRoomsOneSize()
    {
        var sectors = CleanRoom.Records.Lists.CodeLists.Get("sectorIsicSection").Values.Select(value => value.Code).ToList();
        foreach (var country in (string[])["THA", "KHM", "VNM", "MMR"])
        {
            foreach (var sector in sectors)
            {
                Fill(12, sector, country);
            }
        }

        Epoch(Start);
        Epoch(Due);
        var parts = Told(Prosecutor, Due);
        Assert.InRange(parts.Count, 2, 7);
        Assert.Equal(Enumerable.Range(1, parts.Count).Select(part => (part, parts.Count)), parts.Select(part => (part.Part, part.Parts)));
        Assert.Equal(1 + 4 + (4 * sectors.Count), parts.Sum(part => part.Rows.Count));
    }

    public void Dispose()
    {
        _keys.Dispose();
        foreach (var key in _organisations.Values)
        {
            key.Dispose();
        }
    }

    private void Epoch(DateTimeOffset opening, bool evaluated = true, DateTimeOffset? expiring = null)
    {
        if (evaluated)
        {
            _shelf.MarkEvaluated();
        }

        _outbox.Tables.Close(_state, _shelf, new RoomTime(opening, expiring ?? opening), TestContext.Current.CancellationToken);
    }

    private List<RoomMessage.TableRelease> Told(MemberId member, DateTimeOffset now)
    {
        var messages = _outbox.Take(member, 7, _state, _shelf, _keys, now).Where(message => message is not RoomMessage.Ending).ToList();
        var place = new MessagePlace(_state.Room, member, 1, 1, Simulated: true);
        return messages.ConvertAll(message =>
        {
            Assert.True(RoomMessage.TryParse(message.ToBytes(place), place, out var again));
            Assert.InRange(message.ToBytes(place).Length, 1, MessageSeal.Capacity(_state.Charter!.Epochs.MessageBytes));
            return Assert.IsType<RoomMessage.TableRelease>(again);
        });
    }

    /// <summary>Persons without a name, in the files of all three in turn.</summary>
    private void Fill(int persons, string sector = "A_AgricultureForestryAndFishing", string country = "THA")
    {
        for (var i = 0; i < persons; i++)
        {
            _ = Put(i, Of(sector, country: country));
        }
    }

    private Guid Put(int owner, CaseRecord record)
    {
        var id = Guid.NewGuid();
        record.RecordId = ByteString.CopyFrom(id.ToByteArray(bigEndian: true));
        OutboxTests.Put(_shelf, _state.Room, Owners[owner % 3], ++_index, record);
        return id;
    }

    internal static CaseRecord Of(string sector, string name = "", string[]? purposes = null, string country = "THA")
    {
        var person = new Person { PersonKey = "v1", Role = "Victim", MajorityNow = "Adult" };
        if (name.Length > 0)
        {
            person.Names.Add(new PersonName { Full = name });
            person.Birth = new PartialDate { EarliestDay = 9000, LatestDay = 9000, Precision = "Day" };
            person.HomeArea = new Place { Locality = "Prey Veng" };
        }

        return new CaseRecord
        {
            Persons = { person },
            Events = { new Event { Type = "Exploitation", Place = new Place { Country = country } } },
            Exploitation = { new Exploitation { SectorSection = sector } },
            Consents =
            {
                (purposes ?? ["C1_AGGREGATE", "C2_BLIND_MATCH"]).Select(purpose => new Consent
                {
                    Purpose = purpose, State = "Granted", ObtainedDay = 1, ExpiresDay = (int)(Start.AddYears(3) - DateTimeOffset.UnixEpoch).TotalDays,
                }),
            },
        };
    }
}
