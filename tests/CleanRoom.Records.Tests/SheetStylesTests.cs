using System.Text;
using CleanRoom.Records.Import;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Tests;

/// <summary>Ways in which lists are kept that a column's words alone do not tell: each row is a list, and what it must say.</summary>
public sealed class SheetStylesTests
{
    static SheetStylesTests() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    [Fact]
    public async Task ImportAsync_PolishRegisterInWindows1250_ReadsItsLettersAndItsWords()
    {
        var text = """
            Wykaz pokrzywdzonych
            Lp.;Nr sprawy;Nazwisko;Imię;Imię ojca;Data ur.;Obywatelstwo;Sprawca (nazwisko, pseudonim);Miejsce pracy przymusowej;Data zdarzenia;Zgoda na przekazanie danych
            1;RSD-1/25;Kowalenko;Oksana;Iwan;12.03.1999;ukraińskie;Nowak „Łysy";Pieczarkarnia Przykład, Łódź;05.06.2025;tak, wszystkim
            2;RSD-2/25;Źrebięcka;Zofia;;15.11.2008;polskie;nieustalony;masarnia Wzór, Poznań;maj 2025;zgoda opiekuna
            """;

        var result = await Import(Encoding.GetEncoding(1250).GetBytes(text));

        var (first, second) = (result.Rows[0].Record, result.Rows[1].Record);
        Assert.Equal("windows-1250", result.Report.Encoding);
        Assert.Equal(("Oksana", "Kowalenko", "Iwan"), (Victim(first).Names[0].Given, Victim(first).Names[0].Family, Victim(first).Names[0].Patronymic));
        Assert.Equal("Źrebięcka", Victim(second).Names[0].Family);
        Assert.Equal(["UKR", "POL"], result.Rows.Select(r => Victim(r.Record).Citizenship.Single()));
        Assert.Equal(["Nowak", "Łysy"], Suspect(first).Names.Select(n => n.Full));
        Assert.DoesNotContain(second.Persons, p => p.Role == "Suspect");
        Assert.Equal(("Łódź", "2025-06-05"), (first.Events.Single().Place.Locality, first.Events.Single().When.Edtf));
        Assert.Equal("C1;C2;C3;C5;C6", Purposes(first));
    }

    [Fact]
    public async Task ImportAsync_FormOnAPhone_ReadsTheQuestionAndOfItsGroupsOnlyWhoseItIs()
    {
        var result = await Import("""
            SubmissionDate,deviceid,meta-instanceID,grp_person-first_name,grp_person-last_name,grp_person-sex,grp_person-dob,grp_person-nationality,grp_person-phone_number,grp_recruiter-recruiter_name,grp_recruiter-phone_number,grp_exploit-place_gps-Latitude,grp_exploit-place_name,grp_exploit-date_start,grp_photo-photo
            2026-02-03T08:12:11.000Z,collect:abc,uuid:1,Amina,Example,female,1999-03-12,KE,254700000001,Juma,+254 711 000 002,-1.2921,Example Hotel Mombasa,2025-05-01,1675.jpg

            """u8.ToArray());

        var record = result.Rows.Single().Record;
        Assert.Equal(["Amina Example"], Victim(record).Names.Select(n => n.Full));
        Assert.Equal(("Feminine", "1999-03-12", "KEN"), (Victim(record).Gender, Victim(record).Birth.Edtf, Victim(record).Citizenship.Single()));
        Assert.Equal("+254700000001", Victim(record).Identifiers.Single().Value);
        Assert.Equal(("Juma", "+254711000002"), (Suspect(record).Names.Single().Full, Suspect(record).Identifiers.Single().Value));
        Assert.Equal(("Mombasa", "2025-05-01"), (record.Events.Single().Place.Locality, record.Events.Single().When.Edtf));
        var columns = result.Report.Columns;
        Assert.Equal(("Drop", "Note", "(not read)"), (columns["deviceid"], columns["grp_photo-photo"], columns["grp_exploit-place_gps-Latitude"]));
    }

    /// <summary>Fields by header: whose they are decides.</summary>
    [Theory]
    [InlineData("Mother's name", "Mother")]
    [InlineData("Mother's phone", "Drop")]
    [InlineData("Emergency contact", "Drop")]
    [InlineData("Husband's name", "Drop")]
    [InlineData("Guardian name", "Drop")]
    [InlineData("Imię ojca", "Father")]
    [InlineData("Date of incident", "EventDate")]
    [InlineData("Fecha de los hechos", "EventDate")]
    [InlineData("Trafficker name / alias", "SuspectName")]
    [InlineData("Trafficker alias", "SuspectAlias")]
    [InlineData("group_a/trafficker_phone", "SuspectContact")]
    [InlineData("e-mail", "Email")]
    [InlineData("Tel/WhatsApp", "Phone")]
    [InlineData("first-name", "Given")]
    public async Task OfAsync_Header_IsReadAsWhoseItIs(string header, string field)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes($"name,phone,nationality,consent,{header}\nAna,+33639980009,FRA,ok ngo,x\n"));
        var proposal = await MappingProposal.OfAsync(stream, SampleRoom.Options("x", new DatasetManifest()), TestContext.Current.CancellationToken);

        Assert.Equal(field, proposal.Columns[4].Field);
    }

    [Fact]
    public async Task ImportAsync_ColumnOfNamesWithoutAName_IsNotReadAndNamed()
    {
        var result = await Import("name,recruiter name,phone,consent\nAna Ruiz,2025-01-02,+33639980009,ok ngo\nBea Ruiz,2025-02-03,+33639980008,ok ngo\n"u8.ToArray());

        Assert.Equal("(not read)", result.Report.Columns["recruiter name"]);
        Assert.Contains(result.Report.Issues, i => i.Code == "unmapped-column" && i.Column == "recruiter name");
        Assert.All(result.Rows, r => Assert.DoesNotContain(r.Record.Persons, p => p.Role == "Suspect"));
    }

    [Fact]
    public async Task ImportAsync_AgeBesideABirthDate_TheDateCounts()
    {
        var result = await Import("name,age,date of birth,date seen,phone\nAna Ruiz,25,1999-03-12,2024-07-01,+33639980009\nBea Ruiz,25,,2024-07-01,+33639980008\n"u8.ToArray());

        Assert.Equal(["1999-03-12", "1998-07-02/1999-07-01"], result.Rows.Select(r => Victim(r.Record).Birth.Edtf));
        Assert.All(result.Rows, r => Assert.Equal(25, Victim(r.Record).AgeAtIdentification));
    }

    [Theory]
    [InlineData("nombre,sexo,celular\nAna Prueba,M,+573000000001\nJuan Prueba,H,+573000000002\n", "Feminine Masculine")]
    [InlineData("name,sex,phone\nAna Test,F,+447700900001\nJohn Test,M,+447700900002\n", "Feminine Masculine")]
    [InlineData("ሙሉ ስም,ጾታ,ስልክ\nሃና መኮንን,ሴት,+251911000002\nዮሐንስ ኃይሌ,ወንድ,+251911000003\n", "Feminine Masculine")]
    [InlineData("नाम,लिङ्ग,फोन\nसीता तामाङ,महिला,+9779800000003\nराम तामाङ,पुरुष,+9779800000004\n", "Feminine Masculine")]
    public async Task ImportAsync_Genders_AreReadAsTheListMeansThem(string table, string expected)
    {
        var result = await Import(Encoding.UTF8.GetBytes(table));

        Assert.Equal(expected, string.Join(' ', result.Rows.Select(r => Victim(r.Record).Gender)));
    }

    [Fact]
    public async Task ImportAsync_GroupsAboveTheHeader_TellWhoseTownAndDateItIs()
    {
        var result = await Import("""
            ,Personne,,Contact,Auteur présumé,,Faits,,,Partage
            N°,Nom,Prénom,Mobile,Nom,Tél.,Lieu,Ville,Date de début,Accord
            1,DIALLO,Aïssatou,06 39 98 00 01,« Tonton »,+33 6 39 98 00 02,Salon Exemple,Paris,janvier 2024,oui ONG

            """u8.ToArray());

        var record = result.Rows.Single().Record;
        var item = record.Events.Single();
        Assert.Equal(("Paris", "Salon Exemple", "2024-01"), (item.Place.Locality, item.Place.Name, item.When.Edtf));
        Assert.Null(Victim(record).HomeArea);
        Assert.Equal("Tonton", Suspect(record).Names.Single().Full);
    }

    [Theory]
    [InlineData("агенція «Світанок»", "агенція / Світанок")]
    [InlineData("Mama «Tita» Reyes", "Mama / Reyes / Tita")]
    [InlineData("Nowak „Łysy”", "Nowak / Łysy")]
    [InlineData("»Der Lange«", "Der Lange")]
    [InlineData("D'Souza «Joe", "D'Souza «Joe")]
    public async Task ImportAsync_NamesInQuotes_AreTakenOutWholeOrLeftWhole(string cell, string expected)
    {
        var result = await Import(Encoding.UTF8.GetBytes($"name;phone;boss\nAna Ruiz;+33639980009;{cell}\n"));

        Assert.Equal(expected, string.Join(" / ", Suspect(result.Rows.Single().Record).Names.Select(n => n.Full)));
    }

    [Theory]
    [InlineData("1999年3月12日", "1999-03-12")]
    [InlineData("一九九九年三月十二日", "1999-03-12")]
    [InlineData("1999년 3월", "1999-03")]
    [InlineData("1999.3.2", "1999-03-02")]
    [InlineData("2/3/9", "")]
    [InlineData("mars 1999", "1999-03")]
    public async Task ImportAsync_BirthDate_IsReadAsItIsWritten(string cell, string edtf)
    {
        var result = await Import(Encoding.UTF8.GetBytes($"name;phone;date of birth\nAna Ruiz;+33639980009;{cell}\n"));

        Assert.Equal(edtf, Victim(result.Rows.Single().Record).Birth?.Edtf ?? "");
    }

    [Fact]
    public async Task ImportAsync_AnswersOfAFormAboutTheTrafficker_AreNotTheVictims()
    {
        var result = await Import("""[{"_id":1,"group_id/first_name":"Awa","group_id/last_name":"Exemple","group_contact/phone":"+221770000001","group_trafficker/name":"Tonton","group_trafficker/phone":"+33639980002","group_exploitation/city":"Dakar"}]"""u8.ToArray());

        var record = result.Rows.Single().Record;
        Assert.Equal("Awa Exemple", Victim(record).Names.Single().Full);
        Assert.Equal("+221770000001", Victim(record).Identifiers.Single().Value);
        Assert.Equal(("Tonton", "+33639980002"), (Suspect(record).Names.Single().Full, Suspect(record).Identifiers.Single().Value));
        Assert.Equal("Dakar", record.Events.Single().Place.Locality);
    }

    [Theory]
    [InlineData("first_and_surname")]
    [InlineData("First and last name")]
    [InlineData("Name and surname")]
    [InlineData("Given and family name")]
    public async Task ImportAsync_NameInPartsAndTogether_IsOneName(string together)
    {
        var result = await Import(Encoding.UTF8.GetBytes($"case no;first name;{together};surname;nationality\n1;Ana;Ana Prueba;Prueba;Peru\n"));

        Assert.Equal("Ana Prueba", Victim(result.Rows.Single().Record).Names.Single().Full);
    }

    [Fact]
    public async Task ImportAsync_SuspectsNameWithANumberBehindIt_KeepsBoth()
    {
        var result = await Import("nombre;celular;enganchador\nAna Prueba;+573000000001;El Flaco (+57 300 000 0002)\n"u8.ToArray());

        var suspect = Suspect(result.Rows.Single().Record);
        Assert.Equal(("El Flaco", "+573000000002"), (suspect.Names.Single().Full, suspect.Identifiers.Single().Value));
    }

    [Theory]
    [InlineData("Sítio Boa Vista, Humaitá", "")]
    [InlineData("Hotel Paris, Marseille", "Marseille")]
    [InlineData("Bar Pattaya, Thailand", "Pattaya")]
    [InlineData("Boa Vista", "Boa Vista")]
    public async Task ImportAsync_SiteThatIsNamedAfterATown_IsNotThere(string site, string locality)
    {
        var result = await Import(Encoding.UTF8.GetBytes($"name;phone;place of exploitation\nAna Ruiz;+33639980009;{site}\n"));

        var place = result.Rows.Single().Record.Events.Single().Place;
        Assert.Equal((locality, site), (place.Locality, place.Name));
    }

    [Fact]
    public async Task ImportAsync_CountryThatNoListHas_IsReported()
    {
        var result = await Import("name,phone,country of exploitation\nAna Ruiz,+33639980009,Ruritania\n"u8.ToArray());

        Assert.Contains(result.Report.Issues, i => i.Code == "unmapped-code" && i.Column == "country of exploitation" && i.Row == 2);
    }

    private static Person Victim(CaseRecord record) => record.Persons.First(p => p.Role == "Victim");

    private static Person Suspect(CaseRecord record) => record.Persons.First(p => p.Role == "Suspect");

    private static string Purposes(CaseRecord record) => string.Join(';', ConsentRules.LivePurposes(record, SampleRoom.Today));

    private static async Task<ImportResult> Import(byte[] file)
    {
        using var stream = new MemoryStream(file);
        return await CaseImporter.ImportAsync(stream, SampleRoom.Options("x", new DatasetManifest()), TestContext.Current.CancellationToken);
    }
}
