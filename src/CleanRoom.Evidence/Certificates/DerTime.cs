using System.Formats.Asn1;

namespace CleanRoom.Evidence.Certificates;

/// <summary>Time in certificates and revocation lists (RFC 5280 §4.1.2.5): UTCTime or GeneralizedTime.</summary>
internal static class DerTime
{
    // RFC 5280: UTCTime years 00 to 49 are 20xx.
    private const int TwoDigitYearMax = 2049;

    public static DateTimeOffset Read(AsnReader reader) => IsTime(reader, UniversalTagNumber.UtcTime)
        ? reader.ReadUtcTime(TwoDigitYearMax)
        : reader.ReadGeneralizedTime();

    public static bool IsTime(AsnReader reader) =>
        reader.HasData && (IsTime(reader, UniversalTagNumber.UtcTime) || IsTime(reader, UniversalTagNumber.GeneralizedTime));

    private static bool IsTime(AsnReader reader, UniversalTagNumber number) => reader.PeekTag().HasSameClassAndValue(new Asn1Tag(number));
}
