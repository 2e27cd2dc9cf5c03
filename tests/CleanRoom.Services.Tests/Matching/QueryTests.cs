using CleanRoom.Charter;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Linkage;
using CleanRoom.Linkage.Models;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;
using CleanRoom.Records.V1;
using Google.Protobuf;
using Person = CleanRoom.Records.V1.Person;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Each shipped query on two small records: what it is sure of, what a person must look at, and what only looks alike (DATA.md §4.2).</summary>
public sealed class QueryTests
{
    private static readonly MemberId[] Owners = [.. new[] { "alpha", "bravo", "charlie" }.Select(MemberId.Parse)];
    private static readonly Lazy<RoomCharter> Charter = new(MakeCharter);

    /// <summary>What the two records have; the query, the link, its strength, and the doubt; no query where nobody is to hear of it.</summary>
    public static TheoryData<string, string?, LinkType, LinkStrength, LinkDoubt> Pairs => new()
    {
        { "victim: name in another order, birthday and home", "Q1", LinkType.SamePersonVictim, LinkStrength.Strong, LinkDoubt.None },
        { "victim: name and birthday alone", "Q1", LinkType.SamePersonVictim, LinkStrength.Probable, LinkDoubt.Weak },
        { "victim: father and son", null, LinkType.SamePersonVictim, default, default },
        { "suspect: name and telephone", "Q2", LinkType.SamePersonSuspect, LinkStrength.Strong, LinkDoubt.None },
        { "suspect: alias and site", "Q2", LinkType.SamePersonSuspect, LinkStrength.Strong, LinkDoubt.None },
        { "suspect: alias alone", null, LinkType.SamePersonSuspect, default, default },
        { "telephone: one number written two ways", "Q3", LinkType.SamePhone, LinkStrength.Exact, LinkDoubt.None },
        { "telephone: one digit off", null, LinkType.SamePhone, default, default },
        { "telephone: years apart", "Q3", LinkType.SamePhone, LinkStrength.Exact, LinkDoubt.PeriodsDisjoint },
        { "e-mail: other case", "Q3", LinkType.SameEmail, LinkStrength.Exact, LinkDoubt.None },
        { "e-mail: other domain", null, LinkType.SameEmail, default, default },
        { "handle: one name", "Q3", LinkType.SameHandle, LinkStrength.Exact, LinkDoubt.None },
        { "handle: other platform", null, LinkType.SameHandle, default, default },
        { "account: spaces", "Q4", LinkType.SameAccount, LinkStrength.Exact, LinkDoubt.None },
        { "account: other account", null, LinkType.SameAccount, default, default },
        { "site: name, street and number", "Q5", LinkType.SameAddress, LinkStrength.Strong, LinkDoubt.None },
        { "site: other number in the street", null, LinkType.SameAddress, default, default },
        { "vehicle: plate with and without spaces", "Q6", LinkType.SameVehicle, LinkStrength.Exact, LinkDoubt.None },
        { "vehicle: plate of another country", null, LinkType.SameVehicle, default, default },
        { "vessel: IMO number", "Q7", LinkType.SameVessel, LinkStrength.Exact, LinkDoubt.None },
        { "vessel: name and port", "Q7", LinkType.SameVessel, LinkStrength.Strong, LinkDoubt.None },
        { "vessel: other number in the name", null, LinkType.SameVessel, default, default },
        { "organisation: licence number", "Q8", LinkType.SameOrganisation, LinkStrength.Exact, LinkDoubt.None },
        { "organisation: name and form of company", "Q8", LinkType.SameOrganisation, LinkStrength.Strong, LinkDoubt.None },
        { "organisation: other name in one trade", null, LinkType.SameOrganisation, default, default },
        { "document: passport", "Q9", LinkType.SameDocument, LinkStrength.Exact, LinkDoubt.None },
        { "document: one passport, two persons", "Q9", LinkType.SameDocument, LinkStrength.Exact, LinkDoubt.DifferentPersons },
        { "document: number of another country", null, LinkType.SameDocument, default, default },
    };

    [Theory, MemberData(nameof(Pairs))]
    public void Run_TwoRecords_GivesTheQuerysStory(string what, string? query, LinkType type, LinkStrength strength, LinkDoubt doubt)
    {
        var (first, second) = RecordsOf(what);
        var shelf = new RecordShelf(RoomModel.Shipped, 10);
        Put(shelf, Owners[0], 1, first);
        Put(shelf, Owners[1], 2, second);
        var links = shelf.Index.FindLinks(shelf.New, (_, _) => true, TestContext.Current.CancellationToken).Links;
        var found = StandingQueries.Run(Charter.Value, shelf, links).Where(story => story.Link.Type == type).ToList();
        var all = string.Join(", ", links.Select(link => $"{link.Type} {link.Strength} {link.Cautions}"));
        if (query is null)
        {
            Assert.True(found.Count == 0, $"{what}: {all}");
            return;
        }

        var story = Assert.Single(found);
        Assert.True((query, strength, doubt) == (story.Query.Id, story.Link.Strength, story.Doubt), $"{what}: {story.Query.Id} {story.Link.Strength} {story.Doubt}; {all}");
        Assert.Equal((Owners[0], Owners[1]), (story.First.Contributor, story.Second.Contributor));
    }

    private static (CaseRecord First, CaseRecord Second) RecordsOf(string what) => what switch
    {
        "victim: name in another order, birthday and home" => (Victim("Sreyneang Sok", 9000, "Prey Veng"), Victim("SOK Sreyneang", 9000, "Prey Veng")),
        "victim: name and birthday alone" => (Victim("Sreyneang Sok", 9000, ""), Victim("Sok Sreyneang", 9000, "")),
        "victim: father and son" => (Victim("Kwame Boateng", 0, "Tamale"), Victim("Kwame Boateng", 9000, "Tamale")),
        "suspect: name and telephone" => (Suspect("Somchai Sommut", phone: "+66 81 234 5678"), Suspect("Somchai Sommut", phone: "+66812345678")),
        "suspect: alias and site" => (At(Suspect("Hia Chai", alias: true)), At(Suspect("Hia Chai", alias: true))),
        "suspect: alias alone" => (Suspect("Hia Chai", alias: true), Suspect("Hia Chai", alias: true)),
        "telephone: one number written two ways" => (Fact("Phone", "+66 81 234 5678"), Fact("Phone", "0066-81-2345678")),
        "telephone: one digit off" => (Fact("Phone", "+66 81 234 5678"), Fact("Phone", "+66 81 234 5679")),
        "telephone: years apart" => (Seen(Fact("Phone", "+66 81 234 5678"), 15000), Seen(Fact("Phone", "+66 81 234 5678"), 18000)),
        "e-mail: other case" => (Fact("Email", "Boss.Chai@Example.org"), Fact("Email", "boss.chai@example.org")),
        "e-mail: other domain" => (Fact("Email", "boss.chai@example.org"), Fact("Email", "boss.chai@example.com")),
        "handle: one name" => (Handle("Telegram", "@Boss_Chai"), Handle("Telegram", "boss_chai")),
        "handle: other platform" => (Handle("Telegram", "@boss_chai"), Handle("Instagram", "@boss_chai")),
        "account: spaces" => (Fact("BankAccount", "DE89 3704 0044 0532 0130 00"), Fact("BankAccount", "DE89370400440532013000")),
        "account: other account" => (Fact("BankAccount", "DE89 3704 0044 0532 0130 00"), Fact("BankAccount", "GB29 NWBK 6016 1331 9268 19")),
        "site: name, street and number" => (Site("Sommut Seafood Shed", "77/3 Sethakit Road"), Site("Sommut Seafood Peeling Shed", "77/3 Sethakit Rd")),
        "site: other number in the street" => (Site("", "77/3 Sethakit Road"), Site("", "12 Sethakit Road")),
        "vehicle: plate with and without spaces" => (Car("2A-1234", "KHM"), Car("2A 1234", "KHM")),
        "vehicle: plate of another country" => (Car("2A-1234", "KHM"), Car("2A-1234", "VNM")),
        "vessel: IMO number" => (Ship("Chai Navee 8", "9074729", ""), Ship("Golden Sea", "9074729", "")),
        "vessel: name and port" => (Ship("FV Chai Navee 8", "", "Songkhla"), Ship("Chainavee 8", "", "Songkhla")),
        "vessel: other number in the name" => (Ship("Chai Navee 8", "", "Songkhla"), Ship("Chai Navee 9", "", "Songkhla")),
        "organisation: licence number" => (Firm("Golden Hands Manpower", "LN-2017/0456"), Firm("G.H. Recruiting", "LN-2017/0456")),
        "organisation: name and form of company" => (Firm("Golden Hands Manpower Co., Ltd.", ""), Firm("GOLDEN HANDS MANPOWER", "")),
        "organisation: other name in one trade" => (Firm("Golden Hands Manpower Co., Ltd.", ""), Firm("Silver Star Manpower Co., Ltd.", "")),
        "document: passport" => (Passport("Sreyneang Sok", "N1234567", "KHM"), Passport("SOK Sreyneang", "N 1234567", "KHM")),
        "document: one passport, two persons" => (Passport("Sreyneang Sok", "N1234567", "KHM"), Passport("Bopha Chan", "N1234567", "KHM")),
        "document: number of another country" => (Passport("Sreyneang Sok", "N1234567", "KHM"), Passport("Sreyneang Sok", "N1234567", "LAO")),
        _ => throw new ArgumentOutOfRangeException(nameof(what), what, null),
    };

    private static CaseRecord Victim(string name, int day, string home)
    {
        var person = new Person
        {
            PersonKey = "v1",
            Role = "Victim",
            Names = { new PersonName { Full = name } },
            Birth = new PartialDate { EarliestDay = day, LatestDay = day, Precision = "Day" },
        };
        if (home.Length > 0)
        {
            person.HomeArea = new Place { Locality = home };
        }

        return new CaseRecord { Persons = { person } };
    }

    private static CaseRecord Suspect(string name, bool alias = false, string phone = "")
    {
        var person = new Person { PersonKey = "s1", Role = "Suspect", Names = { new PersonName { Full = name, Type = alias ? "Alias" : "" } } };
        if (phone.Length > 0)
        {
            person.Identifiers.Add(new Identifier { Kind = "Phone", Raw = phone, HolderRole = "Suspect", HolderPersonKey = "s1" });
        }

        return new CaseRecord { Persons = { person } };
    }

    private static CaseRecord At(CaseRecord record)
    {
        record.Events.Add(Site("Sommut Seafood Shed", "77/3 Sethakit Road").Events);
        return record;
    }

    private static CaseRecord Fact(string kind, string raw) => new()
    {
        Persons = { new Person { PersonKey = "s1", Role = "Suspect", Identifiers = { new Identifier { Kind = kind, Raw = raw, HolderRole = "Suspect", HolderPersonKey = "s1" } } } },
    };

    private static CaseRecord Seen(CaseRecord record, int day)
    {
        record.Persons[0].Identifiers[0].ValidFrom = new PartialDate { EarliestDay = day, LatestDay = day, Precision = "Day" };
        return record;
    }

    private static CaseRecord Handle(string platform, string text)
    {
        var record = Fact("Handle", text);
        record.Persons[0].Identifiers[0].Platform = platform;
        record.Persons[0].Identifiers[0].PlatformUserId = text;
        return record;
    }

    private static CaseRecord Site(string name, string address) => new()
    {
        Events = { new Event { Type = "Exploitation", Place = new Place { Name = name, Address = address, Locality = "Samut Sakhon", Country = "THA", HolderRole = "Organisation", Raw = $"{name}, {address}, Samut Sakhon" } } },
    };

    private static CaseRecord Car(string plate, string country) => new()
    {
        Vehicles = { new Vehicle { VehicleKey = "c1", Raw = plate, Plate = plate, PlateCountry = country, HolderRole = "Suspect" } },
    };

    private static CaseRecord Ship(string name, string imo, string port) => new()
    {
        Vessels = { new Vessel { VesselKey = "b1", Raw = name, Name = name, Imo = imo, Flag = "THA", Port = port, HolderRole = "Organisation" } },
    };

    private static CaseRecord Firm(string name, string licence)
    {
        var firm = new Organisation { OrganisationKey = "o1", Names = { name }, Roles = { "RecruitmentAgency" }, Country = "NPL" };
        if (licence.Length > 0)
        {
            firm.Identifiers.Add(new Identifier { Kind = "Licence", Raw = licence, HolderRole = "Organisation" });
        }

        return new CaseRecord { Organisations = { firm } };
    }

    private static CaseRecord Passport(string name, string number, string issuer)
    {
        var record = Victim(name, 9000, "");
        record.Persons[0].Identifiers.Add(new Identifier { Kind = "Document", DocumentType = "Passport", Raw = number, Issuer = issuer, HolderRole = "Victim", HolderPersonKey = "v1" });
        return record;
    }

    private static void Put(RecordShelf shelf, MemberId owner, long index, CaseRecord record)
    {
        record.ContributorId = owner.Value;
        record.RecordId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray(bigEndian: true));
        record.RecordVersion = 1;
        var manifest = new BatchEntry(
            RoomId.From(Guid.NewGuid()), EntryId.From(Guid.NewGuid()), owner, BatchId.From(Guid.NewGuid()), Digest.Of([1]), new LogPosition(1, Digest.Of([2])), Digest.Of([3]),
            DateTimeOffset.MaxValue, new byte[Hpke.EncSize], KeyId.OfSpki([4]), 1, [.. Enumerable.Repeat(Digest.Of([5]), 128)], null, 64);
        Assert.True(shelf.Put(shelf.Prepare(manifest, index, new OpenedSlot(0, record, null))!));
    }

    private static RoomCharter MakeCharter()
    {
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var service = new ServiceTerms(new Uri("https://127.0.0.1:2"), KeyId.OfSpki([2]));
        using var operatorKey = SigningKey.Generate();
        var draft = CharterDraft.Create(RoomId.From(Guid.NewGuid()), "Queries", simulated: true, now, now.AddYears(1))
            .Set(new OperatorTerms(operatorKey.PublicKey, service, service, service))
            .SetEnclaves(EnclaveTerms.ForSimulation("tests", new string('a', 96)))
            .SetLinkageModel(RoomModel.Shipped.Digest);
        foreach (var owner in Owners)
        {
            var keys = Enumerable.Range(0, 3).Select(_ => SigningKey.Generate().PublicKey).ToList();
            draft.Put(new ContributorMember(owner, owner.Value, keys[0], new BrokerTerms(new Uri("https://127.0.0.1:3"), KeyId.OfSpki([3]), keys[1], keys[2]), "desk", now.AddMonths(6)));
        }

        return draft.TryBuild(out var charter, out var errors) ? charter : throw new InvalidOperationException(string.Join('\n', errors));
    }
}
