using System.Text;
using CleanRoom.Records.Import;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Records.Tests;

public sealed class OtherLanguagesTests
{
    [Theory]
    [InlineData("N/A")]
    [InlineData("Unknown, unknown")]
    [InlineData("không rõ")]
    [InlineData("ไม่ทราบชื่อ")]
    [InlineData("неизвестна")]
    [InlineData("غير معروف")]
    [InlineData("不详")]
    [InlineData("성명불상")]
    [InlineData("???")]
    public void IsUnknownName_WordsForNotKnown_AreNoName(string cell) => Assert.True(Placeholders.IsUnknownName(cell));

    [Theory]
    [InlineData("Na")]
    [InlineData("An")]
    [InlineData("Noor")]
    [InlineData("Nona Siti")]
    [InlineData("สมใจ")]
    public void IsUnknownName_Names_AreNames(string cell) => Assert.False(Placeholders.IsUnknownName(cell));

    [Theory]
    [InlineData("0000000")]
    [InlineData("1234567")]
    [InlineData("1234567890")]
    [InlineData("+66 999 999 999")]
    [InlineData("٠٠٠٠٠٠٠")]
    [InlineData("987654321")]
    public void Normalise_NumberThatEverybodyWrites_IsNoTelephone(string raw) => Assert.Null(Phones.Normalise(raw, ["THA"]));

    [Theory]
    [InlineData("ok NGO no police", "C1 C2 C3")]
    [InlineData("yes to NGOs, not the police", "C1 C2 C3")]
    [InlineData("ยินยอมให้มูลนิธิ ไม่ให้ตำรวจ", "C1 C2 C3")]
    [InlineData("단체에 동의, 경찰은 안 됨", "C1 C2 C3")]
    [InlineData("так, усім згодна", "C1 C2 C3 C5 C6")]
    [InlineData("ናይ, አዎ ለሁሉም", "C1 C2 C3 C5 C6")]
    [InlineData("μόνο στατιστικά", "C1")]
    [InlineData("no police", "")]
    [InlineData("ok police no NGO", "")]
    [InlineData("all ok, no police", "")]
    [InlineData("police ok NGO not", "")]
    [InlineData("동의하지 않음", "")]
    [InlineData("부동의", "")]
    [InlineData("হ্যাঁ পুলিশ না", "")]
    public void Read_ConsentWords_GrantNoMoreThanTheySay(string cell, string expected) =>
        Assert.Equal(expected, string.Join(' ', ConsentWords.Read(cell).Purposes.Select(p => p[..2])));

    [Theory]
    [InlineData(1251, "ФИО;Телефон;Гражданство\nКузнецова Ольга;+7 900 000-12-34;Россия\n", "Кузнецова Ольга")]
    [InlineData(1252, "Nombre completo;Cédula;Teléfono\nRocío Núñez Peña;123987;+57 300 000 0123\n", "Rocío Núñez Peña")]
    [InlineData(1256, "الاسم الكامل;رقم الهاتف;الجنسية\nسلمى حداد;+963 900 000 123;سوريا\n", "سلمى حداد")]
    [InlineData(874, "ชื่อ-สกุล;เบอร์โทรศัพท์;สัญชาติ\nวิภา ทองดี;+66 60 000 1234;ไทย\n", "วิภา ทองดี")]
    [InlineData(936, "姓名;手机号;国籍;护照号\n陈丽华;+86 190 0000 1234;中国;X1\n", "陈丽华")]
    public async Task ImportAsync_OldCodePage_IsToldByItsHeader(int codePage, string table, string name)
    {
        var bytes = CodePagesEncodingProvider.Instance.GetEncoding(codePage)!.GetBytes(table);
        var result = await CaseImporter.ImportAsync(new MemoryStream(bytes), SampleRoom.Options("o", new DatasetManifest()), TestContext.Current.CancellationToken);

        Assert.Equal(name, Assert.Single(result.Rows).Record.Persons[0].Names[0].Full);
    }

    [Fact]
    public async Task ImportAsync_OldCodePageUnderAPlainHeader_IsNotGuessed()
    {
        var bytes = CodePagesEncodingProvider.Instance.GetEncoding(1251)!.GetBytes("full name;nationality;telephone\nКузнецова Ольга;RU;+79000001234\n");

        await Assert.ThrowsAsync<ImportException>(() => CaseImporter.ImportAsync(new MemoryStream(bytes), SampleRoom.Options("o", new DatasetManifest()), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("А123ВС77 (Россия)", "A 123 BC 77 (Russia)")]
    [InlineData("IS 00 X15 (Romania)", "IS00X15 RO")]
    [InlineData("51F-123.45 (Việt Nam)", "51F 12345 Vietnam")]
    [InlineData("001234 (Syria)", "سوريا 00-1234")]
    public void Read_OnePlateInTwoHands_GivesOneKey(string first, string second)
    {
        var (a, b) = (Vehicles.Read(first)!, Vehicles.Read(second)!);

        Assert.Equal(Vehicles.Normalise(a.Plate, a.Country, "", [])!.Keys[0], Vehicles.Normalise(b.Plate, b.Country, "", [])!.Keys[0]);
    }

    [Fact]
    public async Task ImportAsync_NomAndPrenom_AreFamilyAndGivenName()
    {
        var result = await CaseImporter.ImportAsync(
            new MemoryStream(Encoding.UTF8.GetBytes("Nom;Prénom;Né(e) le;Téléphone\nKoné;Aminata;3 mai 1999;+225 07 00 01 23 45\n")), SampleRoom.Options("o", new DatasetManifest()), TestContext.Current.CancellationToken);
        var name = Assert.Single(Assert.Single(result.Rows).Record.Persons[0].Names);

        Assert.Equal(("Aminata", "Koné"), (name.Given, name.Family));
    }
}
