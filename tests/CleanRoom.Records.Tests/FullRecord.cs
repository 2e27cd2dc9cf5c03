using System.Collections;
using CleanRoom.Records.V1;
using CleanRoom.Records.Validation;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace CleanRoom.Records.Tests;

/// <summary>A record in which every field of the schema holds something that its rules allow.</summary>
internal static class FullRecord
{
    public static CaseRecord Make()
    {
        var record = new CaseRecord();
        Fill(record, 0);
        record.SchemaVersion = CaseRecordCodec.SchemaVersion;
        var id = new byte[16];
        (id[6], id[8]) = (0x40, 0x80);
        record.RecordId = ByteString.CopyFrom(id);
        record.RecordVersion = 2;
        record.Supersedes = ByteString.CopyFrom(new byte[16]);
        record.Case.Referrals[0].Direction = "in";
        record.Determination.History[0].History.Clear();
        var person = record.Persons[0];
        (person.PersonKey, person.Role, person.DocumentSex, person.AgeAtIdentification, person.AgeWhenTrafficked, person.Children) = ("v1", "MissingPerson", "X", 30, 20, 2);
        (person.HomeArea.Address, person.HomeArea.PostalCode) = ("", "");
        person.HomeArea.ClearLatitude();
        person.HomeArea.ClearLongitude();
        person.Relations[0].ToPersonKey = "v1";
        record.Organisations[0].OrganisationKey = "o1";
        record.Organisations[0].People[0].Ref = "v1";
        record.Organisations[0].Places[0].Protected = false;
        record.Vehicles[0].VehicleKey = "c1";
        record.Vessels[0].VesselKey = "b1";
        record.Vessels[0].OwnerRef = "o1";
        var item = record.Events[0];
        (item.Seq, item.VehicleRef, item.VesselRef, item.Parties[0].Ref, item.Place.Protected) = (1, "c1", "b1", "v1", false);
        item.Place.Type = "Factory";
        var exploitation = record.Exploitation[0];
        (exploitation.PlaceRef, exploitation.EmployerRef) = (1, "o1");
        exploitation.ExploiterRefs[0] = "v1";
        foreach (var amount in new[] { exploitation.FeePaid, exploitation.Debt, exploitation.WagesOwed })
        {
            (amount.Value, amount.Currency) = ("1500.50", "USD");
        }
        var consent = record.Consents[0];
        (consent.PersonKey, consent.State, consent.WithheldPaths[0]) = ("v1", "Withdrawn", "persons.occupation");
        record.Override.Approvers.Clear();
        record.Override.Approvers.Add(["p1", "p2"]);
        record.Handling.Caveats[0] = "NO_IMMIGRATION";
        record.Retention.Period = "P24M";
        record.Provenance.Fields[0].Path = "persons[0].birth";
        return record;
    }

    /// <summary>Sets every field: the first value of its code list, else a word of its own.</summary>
    private static void Fill(IMessage message, int depth)
    {
        if (message is PartialDate date)
        {
            (date.Edtf, date.EarliestDay, date.LatestDay, date.Precision, date.Calendar, date.Raw) = ("1990", 7305, 7669, "Year", "gregory", "1990");
            (date.Approximate, date.SwappedDayMonthPossible, date.HasAlternative, date.AlternativeDay) = (true, true, true, 7400);
            return;
        }
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            if (field.FieldType == FieldType.Message)
            {
                if (field.MessageType == message.Descriptor && depth > 3)
                {
                    continue;
                }
                var below = (IMessage)Activator.CreateInstance(field.MessageType.ClrType)!;
                Fill(below, field.MessageType == message.Descriptor ? depth + 3 : depth + 1);
                Put(message, field, below);
                continue;
            }
            Put(message, field, field.FieldType switch
            {
                FieldType.String => CaseRecordValidator.ListOf(field) is { } list ? list.Values[0].Code : $"{message.Descriptor.Name} {field.JsonName}",
                FieldType.Bytes => ByteString.CopyFromUtf8("0123456789abcdef"),
                FieldType.Bool => true,
                FieldType.Double => 1.5,
                FieldType.UInt32 => 1u,
                FieldType.Enum => Answer.Yes,
                _ => (object)1,
            });
        }
    }

    private static void Put(IMessage message, FieldDescriptor field, object value)
    {
        if (field.IsRepeated)
        {
            _ = ((IList)field.Accessor.GetValue(message)).Add(value);
        }
        else
        {
            field.Accessor.SetValue(message, value);
        }
    }
}
