package org.elasticsearch.node;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.elasticsearch.Build;
import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.support.master.AcknowledgedResponse;
import org.elasticsearch.cluster.ClusterState;
import org.elasticsearch.cluster.metadata.DataStream;
import org.elasticsearch.cluster.metadata.MetadataCreateDataStreamService;
import org.elasticsearch.cluster.metadata.MetadataDataStreamsService;
import org.elasticsearch.cluster.metadata.MetadataIndexTemplateService;
import org.elasticsearch.cluster.metadata.ProjectId;
import org.elasticsearch.cluster.node.DiscoveryNodes;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.features.NodeFeature;
import org.elasticsearch.plugins.ActionPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.plugins.PluginDescriptor;
import org.elasticsearch.rest.RestHandler;

/** Brings {@link Gaps} in, and has what 9 does in another way than 8. */
public final class Versioned extends Plugin implements ActionPlugin {
    @Override
    public Collection<RestHandler> getRestHandlers(RestHandlersServices services, Supplier<DiscoveryNodes> nodes,
            Predicate<NodeFeature> features) {
        return Gaps.handlers();
    }

    public static PluginDescriptor descriptor(String name) {
        return new PluginDescriptor(name, name, "0", Build.current().version(), "17", name, null, List.of(), false, false, true, false,
            PluginDescriptor.DeploymentTarget.ALL);
    }

    static Map<String, DataStream> dataStreams(ClusterState state) {
        return state.metadata().getProject(ProjectId.DEFAULT).dataStreams();
    }

    static String template(ClusterState state, String stream) {
        return MetadataIndexTemplateService.findV2Template(state.metadata().getProject(ProjectId.DEFAULT), stream, false);
    }

    static void create(String name, TimeValue patience, TimeValue ack, ActionListener<AcknowledgedResponse> listener) {
        var update = new MetadataCreateDataStreamService.CreateDataStreamClusterStateUpdateRequest(
            ProjectId.DEFAULT, name, System.currentTimeMillis(), null, patience, ack);
        Gaps.service(MetadataCreateDataStreamService.class).createDataStream(update, listener);
    }

    static ClusterState delete(ClusterState state, Set<DataStream> streams, Settings settings) {
        return MetadataDataStreamsService.deleteDataStreams(state.projectState(ProjectId.DEFAULT), streams, settings);
    }
}
